"use strict";
const form = document.getElementById("filters");
const findings = Array.from(document.querySelectorAll(".finding"));

function chosen(name) {
  return new Set(Array.from(form.querySelectorAll(`input[name=${name}]:checked`), (box) => box.value));
}

function apply() {
  const levels = chosen("level");
  const codes = chosen("code");
  const wanted = document.getElementById("search").value.toLowerCase();
  let shown = 0;
  for (const finding of findings) {
    const { level, code, text } = finding.dataset;
    finding.hidden = !(levels.has(level) && codes.has(code) && text.toLowerCase().includes(wanted));
    shown += finding.hidden ? 0 : 1;
  }
  for (const file of document.querySelectorAll(".file")) {
    file.hidden = !file.querySelector(".finding:not([hidden])");
  }
  document.getElementById("count").textContent = `${shown} of ${findings.length} shown`;
}

function openTarget() {
  const target = document.getElementById(location.hash.slice(1));
  if (target instanceof HTMLDetailsElement) {
    target.open = true;
  }
}

form.addEventListener("input", apply);
form.addEventListener("submit", (event) => event.preventDefault());
window.addEventListener("hashchange", openTarget);
apply();
openTarget();
