import { call, element, table, when } from "./page.js";

const percent = (share) => (share === null ? "–" : `${(share * 100).toFixed(1)} %`);

function age(seconds) {
  if (seconds === null) return "–";
  return seconds < 7200 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`;
}

export async function numbers() {
  const { as_of, validations, reviews } = await call("GET", "admin/metrics");
  const counts = (each) => [each.validated, each.accepted, each.corrected, each.to_supplier, each.to_review].map(String);
  const head = ["Validated", "As sent", "Corrected", "Supplier asked", "To a person", "Share"];
  return {
    told: `As of ${when(as_of)}.`,
    parts: [
      element("article", {}, element("h2", { textContent: "Cases that wait" }),
        table(["", "Cases", "The oldest waits"], ["open", "claimed"].map((status) =>
          [status, `${reviews[status].count}${reviews.more ? " of the oldest thousand" : ""}`, age(reviews[status].oldest_seconds)]))),
      element("article", {}, element("h2", { textContent: "What needs a person, last 30 days" }),
        table(["Kind", ...head], validations.totals.map((each) => [each.kind, ...counts(each), percent(each.review_share)])),
        element("h2", { textContent: "By day" }),
        table(["Day", "Kind", ...head], validations.by_day.toReversed().map((each) => [each.day, each.kind, ...counts(each), percent(each.review_share)]))),
      element("article", {}, element("h2", { textContent: "Rules that ask people most" }),
        table(["Rule", "Kind", "Validations"], validations.rules.map((each) => [each.rule, each.kind, String(each.to_review)]))),
    ],
  };
}
