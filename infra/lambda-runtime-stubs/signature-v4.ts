// Each of our clients is given its signer, which is lib/aws-signer.ts.
export class SignatureV4 {
  constructor() {
    throw new Error("This bundle has no signer of the SDK's: the client must be given one");
  }
}
