"use strict";
const drop = document.getElementById("drop");
const input = document.getElementById("file");
const state = document.getElementById("status");
const results = document.getElementById("results");
const MOST = 50;
let shown = null;
let latest = 0;

function element(tag, text, parent, name) {
  const made = document.createElement(tag);
  if (text !== null) made.textContent = text;
  if (name) made.className = name;
  if (parent) parent.append(made);
  return made;
}

function number(value) {
  if (value === null) return "not finite";
  if (Array.isArray(value)) return value.map(number).join(", ");
  return String(Number(value.toPrecision(4)));
}

function percent(value) {
  return (100 * value).toFixed(value > 0.995 && value < 1 ? 2 : 1) + " %";
}

function say(text, failed) {
  state.textContent = text;
  state.className = failed ? "failed" : "";
}

function uncertainty(row, unit, parent) {
  if (row.epistemic_share === null) {
    element("p", "No uncertainty.", parent);
    return;
  }
  const epistemic = row.epistemic_share;
  const bar = element("div", null, parent, "shares");
  bar.setAttribute("role", "img");
  bar.setAttribute(
    "aria-label",
    `${percent(epistemic)} epistemic, ${percent(1 - epistemic)} aleatoric`
  );
  element("div", null, bar).style.flexGrow = epistemic;
  element("div", null, bar).style.flexGrow = 1 - epistemic;
  const words = element("p", null, parent, "caption");
  element("span", `epistemic ${percent(epistemic)}`, words, "key");
  element("span", `aleatoric ${percent(1 - epistemic)}`, words, "key");
  element("span", ` of the ${unit}`, words);
}

function table(columns, rows, parent) {
  const whole = element("table", null, element("div", null, parent, "scroll"));
  const head = element("tr", null, element("thead", null, whole));
  for (const one of columns) element("th", one, head).scope = "col";
  const body = element("tbody", null, whole);
  for (const row of rows) {
    const line = element("tr", null, body);
    for (const cell of row) {
      if (cell instanceof Node) element("td", null, line).append(cell);
      else element("td", cell, line);
    }
  }
}

function probabilities(row, parent) {
  const rows = row.probabilities.map((one) => {
    const meter = document.createElement("meter");
    meter.value = one.probability;
    meter.setAttribute("aria-label", `probability of ${one.class}`);
    return [one.class, meter, percent(one.probability)];
  });
  table(["class", "", "probability"], rows, parent);
}

function ofClass(row, parent) {
  element("p", row.class, parent, "said");
  element("p", `confidence ${percent(row.confidence)}`, parent);
  if (row.rejected) element("p", "Rejected: too uncertain to be answered.", parent, "note");
  uncertainty(row, `uncertainty, ${number(row.entropy)} nats`, parent);
  if (row.set) {
    element("p", `Prediction set: ${row.set.length ? row.set.join(", ") : "no class"}`, parent);
  }
  probabilities(row, parent);
}

function ofLabels(row, parent) {
  element("p", row.labels.length ? row.labels.join(", ") : "no label", parent, "said");
  uncertainty(row, `uncertainty, ${number(row.entropy)} nats`, parent);
  probabilities(row, parent);
}

function ofNumber(row, parent) {
  element("p", `${number(row.mean)} ± ${number(row.std)}`, parent, "said");
  uncertainty(row, "variance", parent);
  const rows = row.intervals.map((one) => [
    `central ${Math.round(100 * one.share)} %`, number(one.lower), number(one.upper),
  ]);
  if (row.conformal_interval) {
    const one = row.conformal_interval;
    rows.push(["calibrated", number(one.lower), number(one.upper)]);
  }
  table(["interval", "from", "to"], rows, parent);
}

function show(answer, file) {
  results.replaceChildren();
  if (shown !== null) URL.revokeObjectURL(shown);
  shown = null;
  for (const row of answer.rows.slice(0, MOST)) {
    const whole = element("article", null, results, "answer plain");
    if (answer.rows.length === 1 && file.type.startsWith("image/")) {
      const image = new Image();
      shown = URL.createObjectURL(file);
      image.alt = "the dropped image";
      image.onload = () => {
        whole.classList.remove("plain");
        whole.prepend(image);
      };
      image.src = shown;
    }
    const said = element("div", null, whole);
    element("h2", row.name, said);
    ({ class: ofClass, labels: ofLabels, number: ofNumber })[row.kind](row, said);
  }
  for (const note of answer.notes) element("p", `Note: ${note}`, results, "note");
  const count = answer.rows.length;
  const rest = count > MOST ? `, the first ${MOST} are shown` : "";
  say(`${count} ${count === 1 ? "prediction" : "predictions"}${rest}`, false);
}

async function send(file) {
  const call = ++latest;
  say(`Predicting ${file.name} …`, false);
  let text;
  try {
    const response = await fetch(`predict?name=${encodeURIComponent(file.name)}`, {
      method: "POST",
      body: file,
      headers: { "Content-Type": "application/octet-stream" },
    });
    const answer = await response.json();
    if (call !== latest) return;
    if (response.ok) {
      show(answer, file);
      return;
    }
    text = answer.error;
  } catch (error) {
    text = `The server does not answer (${error.message}).`;
  }
  if (call !== latest) return;
  results.replaceChildren();
  say(text, true);
}

input.addEventListener("change", () => {
  if (input.files.length) send(input.files[0]);
  input.value = "";
});
for (const kind of ["dragenter", "dragover"]) {
  addEventListener(kind, (event) => {
    event.preventDefault();
    drop.classList.add("over");
  });
}
addEventListener("dragleave", (event) => {
  if (event.relatedTarget === null) drop.classList.remove("over");
});
addEventListener("drop", (event) => {
  event.preventDefault();
  drop.classList.remove("over");
  if (event.dataTransfer.files.length) send(event.dataTransfer.files[0]);
});
addEventListener("paste", (event) => {
  if (event.clipboardData.files.length) send(event.clipboardData.files[0]);
});
