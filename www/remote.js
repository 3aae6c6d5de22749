// The demo portal's page of the survey that is answered from home.

const place = document.querySelector(".place");
place.textContent = "Starting the demonstration’s two operators …";

try {
  const response = await fetch("api/demo");
  if (!response.ok) throw new Error((await response.json()).detail);
  const { task, task_hash, tokens } = await response.json();
  const survey = document.createElement("balint-survey");
  survey.setAttribute("mode", "remote");
  survey.setAttribute("task", task);
  survey.setAttribute("task-hash", task_hash);
  survey.setAttribute("tokens", tokens);
  // What is shown until the survey is there, and if it cannot be.
  survey.append("If the survey does not appear here, this browser may be too old for it: ask whoever has invited you.");
  place.removeAttribute("role");
  survey.append(support());
  place.replaceChildren(survey);
} catch (error) {
  place.textContent = `The demonstration could not be started: ${error.message}`;
}

/** Returns what everybody is shown at the end, whatever they have answered. */
function support() {
  const box = document.createElement("div");
  const title = document.createElement("h3");
  const text = document.createElement("p");
  box.slot = "support";
  title.textContent = "If something weighs on you";
  text.textContent =
    "Nobody can write back to a survey. Student Support can talk: Hallam Building, level 2, every weekday, no appointment needed. They have no part in your grades.";
  box.append(title, text);
  return box;
}

const button = document.querySelector(".synthetic");
const status = document.querySelector(".synthetic-status");

button.addEventListener("click", async () => {
  status.textContent = "They are answering …";
  try {
    const response = await fetch("api/demo/synthetic", { method: "POST" });
    if (!response.ok) throw new Error((await response.json()).detail);
    status.textContent = "They have answered.";
  } catch (error) {
    status.textContent = `They could not answer: ${error.message}`;
  }
});
