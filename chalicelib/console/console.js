"use strict";
// Everything shown here was written by somebody outside: it enters the page as text, never as markup.

const api = new URL(".", location.href); // the page is …/v1/console, the API …/v1/
const byId = (id) => document.getElementById(id);
let section = "reviews";

function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

async function call(method, path, body, headers = {}) {
  const answer = await fetch(new URL(path, api), {
    method,
    headers: {
      Authorization: `Bearer ${sessionStorage.getItem("token")}`,
      ...(body ? { "Content-Type": "application/json" } : {}),
      ...headers,
    },
    body: body ? JSON.stringify(body) : undefined,
  });
  const found = await answer.json();
  if (answer.status === 401) signOut();
  if (!answer.ok) throw new Error(`${found.code}: ${found.detail || found.title}`);
  return found;
}

function say(text, isError = false) {
  byId("message").textContent = text;
  byId("message").className = isError ? "error" : "";
}

async function attempt(work, done) {
  try {
    await work();
    await show();
    say(done);
  } catch (error) {
    say(error.message, true);
  }
}

const valueAt = (record, pointer) =>
  pointer.split("/").slice(1).reduce((found, step) => (found == null ? found : found[step.replaceAll("~1", "/").replaceAll("~0", "~")]), record);

function patchFor(record, pointer, value) {
  // A merge patch replaces arrays whole, so the array's other members go along.
  const [first, ...rest] = pointer.split("/").slice(1);
  if (!rest.length) return { [first]: value };
  const copy = structuredClone(record[first] ?? {});
  let place = copy;
  for (const step of rest.slice(0, -1)) place = place[step];
  place[rest.at(-1)] = value;
  return { [first]: copy };
}

function issueRow(review, issue) {
  const correctable = issue.severity === "ERROR" && typeof valueAt(review.record, issue.field) === "string";
  const input = correctable
    ? element("input", { value: issue.suggested_value ?? valueAt(review.record, issue.field), ariaLabel: `New value of ${issue.field}` })
    : null;
  const correct = input && element("button", {
    type: "button",
    textContent: "Correct and validate again",
    onclick: () => attempt(() => correctRecord(review, issue.field, input.value), "Corrected. Validation runs again."),
  });
  return element("li", { className: issue.severity },
    element("strong", { textContent: `${issue.code} ` }), element("code", { textContent: issue.field }),
    element("div", { textContent: issue.message }),
    issue.value_seen == null ? null : element("div", { className: "quiet" }, "Seen: ", element("code", { textContent: JSON.stringify(issue.value_seen) })),
    input, correct ? element("div", { className: "actions" }, correct) : null);
}

async function correctRecord(review, pointer, value) {
  const record = review.record;
  const path = review.kind === "SUPPLIER"
    ? `admin/suppliers/${record.supplier_id}`
    : `admin/suppliers/${record.supplier_id}/offers/${encodeURIComponent(record.sku)}`;
  await call("PATCH", path, patchFor(record, pointer, value), { "If-Match": `"${record.version}"` });
}

function reviewCard(review) {
  const name = review.kind === "SUPPLIER" ? review.record.display_name : `${review.record.sku}: ${review.record.title}`;
  const note = element("input", { placeholder: "Note for the supplier", ariaLabel: "Note" });
  const decide = (decision, label, className) => element("button", {
    type: "button", textContent: label, className,
    onclick: () => attempt(
      () => call("POST", `admin/reviews/${review.review_id}/resolution`, { decision, note: note.value }), `${label}: done.`),
  });
  return element("article", {},
    element("header", {}, element("h2", { textContent: name }),
      element("span", { className: "quiet", textContent: `${review.kind} · ${review.status} · since ${new Date(review.created_at).toLocaleString()}` })),
    element("ul", { className: "issues" }, ...review.issues.map((issue) => issueRow(review, issue))),
    note,
    element("div", { className: "actions" },
      decide("APPROVED", "Approve", "main"), decide("CHANGES_REQUESTED", "Request changes", ""), decide("REJECTED", "Reject", "danger")));
}

function deadLetterCard(letter) {
  return element("article", {},
    element("header", {}, element("h2", { textContent: letter.queue }),
      element("span", { className: "quiet", textContent: `${letter.message_id} · ${new Date(letter.received_at).toLocaleString()}` })),
    element("p", { textContent: letter.reason }),
    element("pre", { textContent: JSON.stringify(letter.payload, null, 2) }),
    element("div", { className: "actions" }, element("button", {
      type: "button", textContent: "Send back", className: "main",
      onclick: () => attempt(
        () => call("POST", "admin/dead-letters/redrive", { queue: letter.queue, message_ids: [letter.message_id] }), "Sent back."),
    })));
}

const sections = {
  reviews: { path: "admin/reviews?limit=100", card: reviewCard, none: "No record waits for a person." },
  "dead-letters": { path: "admin/dead-letters", card: deadLetterCard, none: "Nothing failed for good." },
};

async function show() {
  const signedIn = sessionStorage.getItem("token") !== null;
  byId("sign-in").hidden = signedIn;
  byId("sign-out").hidden = byId("list").hidden = !signedIn;
  if (!signedIn) return;
  const { path, card, none } = sections[section];
  const { items, next_cursor: more } = await call("GET", path);
  byId("list").replaceChildren(...items.map(card));
  say(items.length ? `${items.length}${more ? " and more" : ""} waiting` : none);
}

function signOut() {
  sessionStorage.removeItem("token");
  show();
}

byId("sign-in").addEventListener("submit", (event) => {
  event.preventDefault();
  sessionStorage.setItem("token", byId("token").value.trim());
  show().catch((error) => say(error.message, true));
});
byId("sign-out").addEventListener("click", signOut);
for (const button of document.querySelectorAll("nav button")) {
  button.addEventListener("click", () => {
    section = button.dataset.section;
    for (const other of document.querySelectorAll("nav button")) other.removeAttribute("aria-current");
    button.setAttribute("aria-current", "page");
    show().catch((error) => say(error.message, true));
  });
}
show().catch((error) => say(error.message, true));
