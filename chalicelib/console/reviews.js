import { attempt, button, call, element, later, say, table, valueAt, when } from "./page.js";
import { teaching } from "./lessons.js";

const DECISIONS = [["APPROVED", "Approve", "main"], ["CHANGES_REQUESTED", "Request changes", ""], ["REJECTED", "Reject", "danger"]];
const chosen = new Set(); // review ids, kept while the list is shown anew

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

const pathOf = (record, kind) => (kind === "SUPPLIER"
  ? `admin/suppliers/${record.supplier_id}`
  : `admin/suppliers/${record.supplier_id}/offers/${encodeURIComponent(record.sku)}`);

function correct(review, pointer, value) {
  const { record, kind } = review;
  return attempt(
    () => call("PATCH", pathOf(record, kind), patchFor(record, pointer, value), { "If-Match": `"${record.version}"` }).then(() => null),
    "Corrected. Validation runs again.");
}

function decide(review, body, done) {
  return attempt(() => call("POST", `admin/reviews/${review.review_id}/resolution`, body).then(() => null), done);
}

function issueRow(review, issue) {
  const now = valueAt(review.record, issue.field);
  const input = issue.severity === "ERROR" && typeof now === "string"
    ? element("input", { value: now, ariaLabel: `New value of ${issue.field}` })
    : null;
  return element("li", { className: issue.severity },
    element("strong", { textContent: `${issue.code} ` }), element("code", { textContent: issue.field }),
    element("span", { className: "quiet", textContent: ` ${issue.rule}` }),
    element("div", { textContent: issue.message }),
    issue.value_seen == null ? null : element("div", { className: "quiet" }, "Seen: ", element("code", { textContent: JSON.stringify(issue.value_seen) })),
    input && element("div", { className: "row" }, input, button("Correct", () => correct(review, issue.field, input.value))));
}

function proposals(review) {
  if (!review.proposed_corrections.length) return null;
  const boxes = review.proposed_corrections.map((each) =>
    element("input", { type: "checkbox", checked: true, ariaLabel: `Accept the proposal for ${each.field}` }));
  const rows = review.proposed_corrections.map((each, place) => element("li", {},
    element("label", { className: "row" }, boxes[place], element("span", {}, element("code", { textContent: each.field }), " ",
      element("del", { textContent: JSON.stringify(each.before) }), " → ", element("ins", { textContent: JSON.stringify(each.after) })))));
  const accept = () => {
    const places = boxes.flatMap((box, place) => (box.checked ? [place] : []));
    if (!places.length) return say("Choose a proposal first.", true);
    return decide(review, { decision: "CORRECTED", accept_corrections: places }, "Accepted. Validation runs again.");
  };
  return element("section", {}, element("h3", { textContent: "Proposed corrections" }), element("ul", { className: "proposals" }, rows),
    button("Accept the chosen proposals", accept));
}

function history(review) {
  return table(["When", "Who", "What", "Where", "Note"], review.history.map((each) =>
    [when(each.at), each.by, each.event, (each.changed ?? []).join(" "), each.note]));
}

async function similar(review) {
  const { similar_cases: cases } = await call("GET", `admin/reviews/${review.review_id}`);
  if (!cases.length) return element("p", { className: "quiet", textContent: "Nobody has decided on such a doubt yet." });
  return table(["When", "Decision", "By", "Record", "Seen", "Shares", "Note"], cases.map((each) => [
    when(each.decided_at), each.resolution, each.decided_by, each.sku ?? each.supplier_id,
    each.value_after ? `${each.value_seen ?? "nothing"} → ${each.value_after}` : each.value_seen, each.shares.join(", ").toLowerCase(), each.note]));
}

function record(review) {
  const { issues, corrections, ...rest } = review.record;
  return element("pre", { textContent: JSON.stringify(rest, null, 2) });
}

function card(review) {
  if (!review.record) return element("article", {}, element("h2", { textContent: `${review.review_id}: its record is gone` }));
  const name = review.kind === "SUPPLIER" ? review.record.display_name : `${review.record.sku}: ${review.record.title}`;
  const box = element("input", { type: "checkbox", checked: chosen.has(review.review_id), ariaLabel: `Choose ${name}` });
  box.dataset.review = review.review_id;
  box.addEventListener("change", () => (box.checked ? chosen.add(review.review_id) : chosen.delete(review.review_id)));
  const note = element("input", { placeholder: "Note for the supplier", ariaLabel: "Note" });
  const claim = review.status === "CLAIMED" ? ["release", "Give back"] : ["claim", "Claim"];
  return element("article", {},
    element("header", {}, box, element("h2", { textContent: name }),
      element("span", { className: "quiet", textContent:
        `${review.kind} · ${review.status}${review.claimed_by ? ` by ${review.claimed_by} until ${when(review.claimed_until)}` : ""} · since ${when(review.created_at)}${review.record.validation_state === "PENDING" ? " · being validated again" : ""}` })),
    element("ul", { className: "issues" }, review.issues.map((issue) => issueRow(review, issue))),
    proposals(review),
    later("Record", () => record(review)),
    later("History", () => history(review)),
    later("Similar past cases", () => similar(review)),
    later("Teach a rule", () => teaching(review)),
    note,
    element("div", { className: "actions" },
      DECISIONS.map(([decision, label, style]) => button(label, () => decide(review, { decision, note: note.value }, `${label}: done.`), style)),
      button(claim[1], () => attempt(() => call("POST", `admin/reviews/${review.review_id}/${claim[0]}`).then(() => null), `${claim[1]}: done.`))));
}

function inBulk(items) {
  const note = element("input", { placeholder: "Note for all that are chosen", ariaLabel: "Note for all that are chosen" });
  const act = (label, path, body) => button(label, () => {
    if (!chosen.size) return say("Choose cases first.", true);
    return attempt(async () => {
      const { done, refused, results } = await call("POST", `admin/reviews/${path}`, body([...chosen]));
      chosen.clear();
      const why = [...new Set(results.filter((each) => !each.done).map((each) => each.problem.code))];
      return `${label}: ${done} done${refused ? `, ${refused} refused (${why.join(", ")})` : ""}.`;
    });
  });
  const deciding = (decision) => (ids) => ({
    resolutions: ids.map((review_id) => ({ review_id, decision, ...(note.value ? { note: note.value } : {}) })),
  });
  const all = element("input", { type: "checkbox" });
  all.addEventListener("change", () => {
    for (const box of document.querySelectorAll("[data-review]")) {
      box.checked = all.checked;
      box.dispatchEvent(new Event("change"));
    }
  });
  return element("article", { className: "bulk" },
    element("div", { className: "row" }, element("label", { className: "row" }, all, `All ${items.length} shown`), note),
    element("div", { className: "actions" },
      act("Claim", "claims", (review_ids) => ({ review_ids })), act("Give back", "releases", (review_ids) => ({ review_ids })),
      act("Accept proposals", "resolutions", deciding("CORRECTED")),
      DECISIONS.map(([decision, label]) => act(label, "resolutions", deciding(decision)))));
}

export async function reviews() {
  const { items, next_cursor: more } = await call("GET", "admin/reviews?limit=100");
  const shown = new Set(items.map((each) => each.review_id));
  for (const each of chosen) if (!shown.has(each)) chosen.delete(each);
  return {
    parts: items.length ? [inBulk(items), ...items.map(card)] : [],
    told: items.length ? `${items.length}${more ? " and more" : ""} waiting.` : "No record waits for a person.",
  };
}
