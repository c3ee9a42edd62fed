// A maker's own authority and the certificates it issues, as `openssl` makes them.
"use strict";

const { execFileSync } = require("node:child_process");
const { createHash } = require("node:crypto");
const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");

/** Binds an authority of its own to the product; what it gives back issues a certificate for a name. */
exports.authority = async ({ cloud, uin }, product, name) => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "walk-"));
  const openssl = (...words) => execFileSync("openssl", words, { cwd: folder, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  const issue = (subject) => {
    openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", "one.key", "-subj", `/CN=${subject}`, "-out", "one.csr");
    return openssl("x509", "-req", "-in", "one.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2");
  };
  openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key", "-subj", `/CN=${name}`, "-days", "30", "-out", "ca.pem");
  const VerifyCertText = issue(createHash("sha256").update(`iothub_${uin}`).digest("hex"));
  await cloud("CreatePrivateCA", { CertName: name, CertText: fs.readFileSync(path.join(folder, "ca.pem"), "utf8"), VerifyCertText });
  await cloud("UpdateProductPrivateCA", { ProductId: product, CertName: name });
  return { issue, end: () => fs.rmSync(folder, { recursive: true }) };
};
