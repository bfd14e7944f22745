// For a Node that was built without OpenSSL; Lambda's has it, and the SDK then takes node:crypto.
export class Sha256Js {
  constructor() {
    throw new Error("This bundle has no SHA-256 of its own: node:crypto must have it");
  }
}
