import "balint-survey";

const told = document.querySelector(".told");

document.addEventListener("survey-progress", ({ detail }) => {
  told.textContent = `Part ${detail.part} of ${detail.parts}`;
});
document.addEventListener("survey-complete", () => {
  told.textContent = "Complete";
});

// A page of the portal that shows reports loads what that needs.
if (location.hash === "#report") {
  await import("balint-survey/report");
  document.body.append(document.createElement("balint-report"));
}
