// Shows the request, signs the answer with a key made for it here, and gives it as a file. Sends nothing.
const envelope = JSON.parse(document.getElementById("request").textContent);
const request = JSON.parse(envelope.payload);
const fields = request.entry.fields;
const value = (name) => (name in fields && "value" in fields[name] ? fields[name].value : null);
const hex = (buffer) => Array.from(new Uint8Array(buffer), (b) => b.toString(16).padStart(2, "0")).join("");
const bytes = (text) => new TextEncoder().encode(text);
const percent = (share) => `${Math.round(share * 100)} %`;

const put = (id, text) => { document.getElementById(id).textContent = text; };
const row = (name, text) => {
  if (text === null || text === "" || text === undefined) return;
  const dt = document.createElement("dt");
  const dd = document.createElement("dd");
  dt.textContent = name;
  dd.textContent = text;
  document.getElementById("claim").append(dt, dd);
};

put("who", `${request.person}, ${request.owner} asks you to say whether this is so`);
const metric = value("metric");
row("What", value("title"));
row("Situation", value("context"));
row("Done", value("action"));
row("Result", value("result"));
if (metric) row("Figure", `${metric.name}: ${metric.baseline} to ${metric.after} ${metric.unit}`);
row("When", `${value("started")} to ${value("ended")}`);
row("Project", value("project"));
if (value("own_share") !== null) row(`Part of ${request.owner}`, percent(value("own_share")));
row("With", (value("co_authors") || []).map((a) => `${a.name}, ${percent(a.share)}`).join("; "));
row("Help used", value("assistance"));
row("Claimed level", (value("links") || []).map((l) => `${l.dimension}: ${l.level} of 5`).join("; "));
row("Files", (value("artefacts") || []).map((a) => `${a.name} (${a.bytes} bytes, ${a.digest})`).join("\n"));
document.getElementById("name").value = request.person;

const say = (text) => { document.getElementById("done").textContent = text; };

async function answer(form) {
  const share = form.get("share").trim();
  const payload = JSON.stringify({
    request: request.request,
    shown: hex(await crypto.subtle.digest("SHA-256", bytes(envelope.payload))),
    entry: request.entry.number,
    entry_hash: request.entry.hash,
    name: form.get("name").trim(),
    role: form.get("role").trim(),
    relation: form.get("relation").trim(),
    stance: form.get("stance"),
    share_percent: share === "" ? null : Math.round(Number(share)),
    words: form.get("words").trim(),
    answered_at: new Date().toISOString().slice(0, 19) + "Z",
  });
  const pair = await crypto.subtle.generateKey({ name: "Ed25519" }, true, ["sign", "verify"]);
  const signature = await crypto.subtle.sign({ name: "Ed25519" }, pair.privateKey, bytes(`gradatim attestation v1\n${payload}`));
  const key = hex(await crypto.subtle.exportKey("raw", pair.publicKey));
  return { format: "attestation", version: 1, payload, key, signature: hex(signature) };
}

document.getElementById("form").addEventListener("submit", async (event) => {
  event.preventDefault();
  try {
    const made = await answer(new FormData(event.target));
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([JSON.stringify(made, null, 1)], { type: "application/json" }));
    link.download = `attestation-${request.entry.number}.json`;
    link.click();
    const mark = made.key.slice(0, 16).match(/.{4}/g).join(" ");
    say(`Saved as ${link.download}. Send it to ${request.owner}. It is signed with a key made for this answer, ` +
      `fingerprint ${mark}: keep that line, a committee may ask you for it.`);
  } catch (error) {
    say(`This browser cannot sign (${error.name}). Use a newer one, or: gradatim evidence attest FILE`);
  }
});
