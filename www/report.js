// The survey that the page was opened for: report.html?instrument=stress-experience
const instrument = new URLSearchParams(location.search).get("instrument");
if (instrument) document.querySelector("balint-report").setAttribute("instrument", instrument);
