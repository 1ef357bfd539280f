import { attempt, button, call, download, element, labelled, table, when } from "./page.js";

const XML = "application/xml";
const amountOf = ({ amount, currency }) => `${amount} ${currency}`;
const dayFromNow = (days) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);

function lastMonth() {
  const day = new Date();
  return new Date(Date.UTC(day.getUTCFullYear(), day.getUTCMonth() - 1, 1)).toISOString().slice(0, 7);
}

let period = lastMonth();
let day = dayFromNow(1);
let key = crypto.randomUUID(); // of one file: kept until the answer is there, so that asking again makes no other

async function run() {
  try {
    return await call("GET", `admin/statements/${encodeURIComponent(period)}`);
  } catch (error) {
    if (error.message.startsWith("NOT_FOUND")) return null;
    throw error;
  }
}

function closing(found) {
  const input = element("input", { value: period, placeholder: "2026-11 or 2026-W48", onchange: () => { period = input.value.trim(); } });
  const close = () => attempt(
    () => call("POST", `admin/statements/${encodeURIComponent(period)}/close`).then((begun) => `${begun.period} is ${begun.status}.`));
  return element("article", {},
    element("h2", { textContent: "Close a period" }),
    labelled("Period", input),
    element("div", { className: "actions" }, button("Look", () => attempt(() => null, "")), button("Close it", close, "main")),
    found === null
      ? element("p", { className: "quiet", textContent: `${period} has not been closed.` })
      : [element("p", { textContent: `${found.period}: ${found.status}, ${found.suppliers_done} of ${found.suppliers ?? "?"} suppliers, all before ${when(found.cutoff)}.` }),
        table(["Supplier", "Balance", "Paid out", "Withheld"], found.items.map((each) =>
          [each.supplier_id, amountOf(each.balance), amountOf(each.payout_amount), each.withheld.join(", ")])),
        found.next_cursor === null ? null : element("p", { className: "quiet", textContent: "There are more." })]);
}

const fetchFile = (fileId) => attempt(
  () => download(`admin/payout-files/${fileId}`, XML, `${fileId}.xml`).then(() => `${fileId}.xml is downloaded.`));

function bankFile() {
  const input = element("input", { type: "date", value: day, onchange: () => { day = input.value; } });
  const make = () => attempt(async () => {
    const file = await call("POST", "admin/payout-files", { currency: "EUR", execution_date: day }, { "Idempotency-Key": key });
    key = crypto.randomUUID();
    await download(`admin/payout-files/${file.file_id}`, XML, `${file.file_id}.xml`);
    const left = file.left_out?.length ? ` Not in it: ${file.left_out.join(", ")}.` : "";
    return `${file.payout_count} payouts, ${amountOf(file.amount)}, are in ${file.file_id}.xml.${left}`;
  });
  return element("article", {},
    element("h2", { textContent: "Tell the bank" }),
    element("p", { className: "quiet", textContent: "A file (pain.001) of the euro payouts to IBANs that no file tells of yet. A payout is in one file only." }),
    labelled("To be made on", input),
    element("div", { className: "actions" }, button("Make a file", make, "main")));
}

function payoutRow(payout) {
  const said = element("input", { ariaLabel: `The bank's reference of ${payout.payout_id}, or why it failed`, placeholder: "reference, or why not" });
  const settle = (status, name) => attempt(
    () => call("POST", `admin/payouts/${payout.payout_id}/result`, { status, ...(said.value.trim() ? { [name]: said.value.trim() } : {}) }).then(() => null),
    `${payout.payout_id} is ${status}.`);
  return [
    [payout.payee, element("div", { className: "quiet", textContent: payout.supplier_id })],
    payout.period,
    amountOf(payout.amount),
    [element("span", { textContent: Object.values(payout.account).join(" · ") }), element("div", { className: "quiet", textContent: payout.payout_id })],
    payout.file_id ? button("Download", () => fetchFile(payout.file_id)) : "none",
    [said, element("div", { className: "actions" }, button("Paid", () => settle("PAID", "bank_reference")), button("Failed", () => settle("FAILED", "reason"), "danger"))],
  ];
}

export async function money() {
  const [found, { items, next_cursor }] = await Promise.all([run(), call("GET", "admin/payouts?status=TO_PAY&limit=100")]);
  const to_pay = items.length
    ? table(["To", "Period", "Amount", "Account", "File", "What the bank says"], items.map(payoutRow))
    : element("p", { className: "quiet", textContent: "Nothing is to be paid." });
  return {
    told: `${items.length}${next_cursor === null ? "" : " of the oldest"} payouts wait for the bank.`,
    parts: [closing(found), bankFile(), element("article", {}, element("h2", { textContent: "Payouts to make" }), to_pay)],
  };
}
