// The survey that the page was opened for: report.html?instrument=stress-experience
const instrument = new URLSearchParams(location.search).get("instrument");
if (instrument) document.querySelector("balint-report").setAttribute("instrument", instrument);

// A file that misses the place for it would replace the page, and the report with it.
for (const name of ["dragover", "drop"]) addEventListener(name, (event) => event.preventDefault());
