// Every signer makes one, to sign the messages of event streams, which are not in the bundle either.
export class HeaderFormatter {
  format(): never {
    throw new Error("This bundle has no event streams");
  }
}
