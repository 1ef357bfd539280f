// A decision becomes a rule: say which, see what it would have changed, save it.
import { button, call, element, labelled, say, select, table, valueAt } from "./page.js";

const KINDS = [["EXCEPTION", "Leave this value alone"], ["ALIAS", "Replace one name by another"], ["LIMIT", "Another limit"]];
const isMap = (value) => value !== null && typeof value === "object" && !Array.isArray(value);

function whereOf(review, scope) {
  const { record } = review;
  return scope === "all" ? {} : { where: { [scope]: record[scope] } };
}

// The inputs of one kind, and the lesson that they say.
function inputsOf(kind, review, rules) {
  const doubts = review.issues.filter((issue) => issue.severity === "ERROR");
  if (kind === "EXCEPTION") {
    const issue = select(doubts.map((each, place) => [place, `${each.rule} at ${each.field}`]));
    return [[labelled("Of the rule", issue)], () => {
      const { rule, field } = doubts[issue.value];
      return { kind, rule, field, value: valueAt(review.record, field) ?? null };
    }];
  }
  if (kind === "ALIAS") {
    const taking = rules.filter((each) => each.kind === "CORRECTION" && Object.values(each.defaults).filter(isMap).length === 1);
    const rule = select(taking.map((each) => [each.rule, each.rule]));
    const from = element("input", {});
    const to = element("input", {});
    return [[labelled("By the rule", rule), labelled("What suppliers write", from), labelled("What it is here", to)],
      () => ({ kind, rule: rule.value, from: from.value, to: to.value })];
  }
  const limited = rules.filter((each) => doubts.some((issue) => issue.rule === each.rule));
  const choices = limited.flatMap((each) => Object.entries(each.parameters).map(([name, value]) => ({ rule: each.rule, name, value })));
  const choice = select(choices.map((each, place) => [place, `${each.rule}: ${each.name}`]));
  const value = element("textarea", { rows: 2, spellcheck: false });
  const fill = () => { value.value = choices.length ? JSON.stringify(choices[choice.value].value) : ""; };
  choice.addEventListener("change", fill);
  fill();
  return [[labelled("Of the rule", choice), labelled("The limit, as JSON", value)], () => {
    const { rule, name } = choices[choice.value];
    return { kind, rule, parameter: name, value: JSON.parse(value.value) };
  }];
}

const outcomes = (each) => [each.accepted, each.corrected, each.to_supplier, each.to_review].map(String);
const verdict = (each) => [each.outcome.replace("_", " "), ...each.rules].join(", ");

function replayed({ past_submissions: past, open_cases: open }) {
  return [
    element("p", {}, element("strong", { textContent: `${past.changed} of ${past.looked_at} past submissions would come out otherwise; ${open.settled.length} of ${open.looked_at} waiting cases would be settled.` }),
      past.next_cursor ? " There are more submissions." : ""),
    table(["", "As sent", "Corrected", "Supplier asked", "To a person"], [["By the rules now", ...outcomes(past.before)], ["With the lesson", ...outcomes(past.after)]]),
    past.samples.length ? table(["Record", "Now", "With the lesson", "Changes", "A person decided"], past.samples.map((each) =>
      [each.sku ?? each.supplier_id, verdict(each.before), verdict(each.after), each.changed_fields.join(" "), each.resolution])) : null,
  ];
}

function form(review, rules) {
  const kind = select(KINDS);
  const own = review.kind === "OFFER" ? [["brand", "this brand"], ["category", "this category"]] : [];
  const scope = select([["all", "every record"], ["supplier_id", "this supplier"], ...own]);
  const note = element("input", { placeholder: "Why" });
  const inputs = element("div", {});
  const shown = element("div", {});
  const scoped = labelled("For", scope);
  let lesson = () => ({});

  async function replay(cursor) {
    const said = { ...lesson(), ...(kind.value === "ALIAS" ? {} : whereOf(review, scope.value)) };
    const found = await call("POST", `admin/reviews/${review.review_id}/lessons`, { ...said, ...(cursor ? { cursor } : {}) });
    const next = found.past_submissions.next_cursor;
    const save = () => trying(async () => {
      const saved = await call("POST", `admin/reviews/${review.review_id}/lessons`,
        { ...said, dry_run: false, replay_token: found.replay_token, ...(note.value ? { note: note.value } : {}) });
      dispatchEvent(new CustomEvent("changed", { detail: `Saved as version ${saved.settings_version} of the rules; ${saved.open_cases.settled.length} cases are validated again.` }));
    });
    shown.replaceChildren(...replayed(found).filter(Boolean), element("div", { className: "actions" },
      button("Save this rule", save, "main"), next ? button("Look at the next submissions", () => trying(() => replay(next))) : ""));
  }

  function renew() {
    const [parts, says] = inputsOf(kind.value, review, rules);
    inputs.replaceChildren(...parts);
    lesson = says;
    scoped.hidden = kind.value === "ALIAS";
    shown.replaceChildren();
  }
  kind.addEventListener("change", renew);
  for (const part of [inputs, scope]) part.addEventListener("input", () => shown.replaceChildren());
  renew();
  return element("div", { className: "lesson" }, labelled("What it teaches", kind), inputs, scoped, labelled("Note", note),
    element("div", { className: "actions" }, button("Replay over past submissions", () => trying(() => replay()))), shown);
}

async function trying(work) {
  try {
    await work();
  } catch (error) {
    say(error instanceof SyntaxError ? "The limit is not JSON." : error.message, true);
  }
}

let rules = null;

export async function teaching(review) {
  rules ??= (await call("GET", "admin/rule-settings")).rules;
  return form(review, rules);
}
