// The body of a request: bytes that older middleware could also read as a string, with a warning. Ours has none that
// does; without the string methods such a call is a TypeError.
export class JsonBytesStringAdapter extends Uint8Array<ArrayBuffer> {
  static allocUnsafe(size: number): JsonBytesStringAdapter {
    const { buffer, byteOffset, byteLength } = Buffer.allocUnsafe(size);
    return new JsonBytesStringAdapter(buffer, byteOffset, byteLength);
  }
}
