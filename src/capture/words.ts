/**
 * Numbers out of octets by a view that is made once for all that lie in one chunk: one load where octets one by one
 * take four, which counts where every packet has a dozen of them.
 */
import { NO_BYTES } from '../base/bytes.ts';

export class Words {
  private bytes: Uint8Array = NO_BYTES;
  private view = viewOf(NO_BYTES);

  /** A view of the same octets; of those that were asked for last it is at hand. */
  of(bytes: Uint8Array): DataView {
    if (bytes !== this.bytes) {
      this.bytes = bytes;
      this.view = viewOf(bytes);
    }
    return this.view;
  }
}

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}
