// Before the first paint: the theme this person chose, if any; else the system's (daisyUI's prefersdark).
const chosen = localStorage.getItem("theme");
if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
document.documentElement.classList.add("js");
