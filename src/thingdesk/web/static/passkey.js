// A form that wants a passkey: the browser is asked for one, and what it says goes with the form.
"use strict";

const WHY = {
  NotAllowedError: "No passkey was given, or it took too long. Try once more.",
  InvalidStateError: "This device has a passkey for this account already. Use another one.",
  SecurityError: "This browser gives no passkey to a desk at this address.",
};
const OTHER = "This browser could not give a passkey. Try once more, or another browser.";

const bytes = (text) =>
  Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (one) => one.charCodeAt(0));

const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

const named = (list) => (list || []).map((one) => ({ ...one, id: bytes(one.id) }));

function made(given) {
  const options = { ...given, challenge: bytes(given.challenge) };
  options.user = { ...given.user, id: bytes(given.user.id) };
  options.excludeCredentials = named(given.excludeCredentials);
  return navigator.credentials.create({ publicKey: options });
}

function shown(given) {
  const options = { ...given, challenge: bytes(given.challenge) };
  options.allowCredentials = named(given.allowCredentials);
  return navigator.credentials.get({ publicKey: options });
}

function sayable(passkey) {
  const { response } = passkey;
  const said = { clientDataJSON: text(response.clientDataJSON) };
  if (response.attestationObject) {
    said.attestationObject = text(response.attestationObject);
    said.transports = response.getTransports ? response.getTransports() : [];
  } else {
    said.authenticatorData = text(response.authenticatorData);
    said.signature = text(response.signature);
    if (response.userHandle) said.userHandle = text(response.userHandle);
  }
  return { id: passkey.id, rawId: text(passkey.rawId), type: passkey.type, response: said };
}

async function ask(form) {
  const options = JSON.parse(form.dataset.passkey);
  const passkey = await (options.user ? made(options) : shown(options));
  form.elements.answer.value = JSON.stringify(sayable(passkey));
  form.submit();
}

for (const form of document.querySelectorAll("form[data-passkey]")) {
  const why = form.querySelector("[data-why]");
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const button = form.querySelector("button");
    button.disabled = true;
    why.hidden = true;
    ask(form).catch((error) => {
      why.textContent = WHY[error.name] || OTHER;
      why.hidden = false;
      button.disabled = false;
      button.focus();
    });
  });
}
