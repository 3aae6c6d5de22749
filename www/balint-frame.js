// For a portal that shows a survey of another site in a frame: keeps the frame as high as the survey, and no higher than
// the window. In a higher one, a browser would scroll this page to what has the focus in the frame.
//
//   <iframe data-balint-survey src="https://survey.example/embed.html?…&parent=https://portal.example" …></iframe>
//   <script type="module" src="balint-frame.js"></script>

const frames = () => document.querySelectorAll("iframe[data-balint-survey]");

/** Returns the origin of the site in a frame. */
const origin = (frame) => new URL(frame.src, document.baseURI).origin;

addEventListener("message", (event) => {
  const { type, height } = event.data ?? {};
  if (type !== "balint-survey" || !Number.isInteger(height) || height < 1) return;
  // Only what the survey itself has said, of its own frame.
  const frame = Array.from(frames()).find((frame) => frame.contentWindow === event.source);
  if (frame && origin(frame) === event.origin) frame.height = Math.min(height, innerHeight);
});

// What a frame has said before this was there; one that is still empty, which its page can look into, will say it.
for (const frame of frames()) {
  if (frame.contentDocument === null) frame.contentWindow.postMessage({ type: "balint-survey" }, origin(frame));
}
