import { startPeer, type Peer } from './peer.ts';

/** The peer's process, which is started anew after a failure. */
export interface PeerSide {
  /** The running peer, with what a cell needs loaded: `load` is called where another key was loaded last. */
  readonly loaded: (key: string, load: (peer: Peer) => Promise<void>) => Promise<Peer>;
  /** Ends the process. */
  readonly close: () => void;
}

/** Starts the peer. @throws BACKEND_UNAVAILABLE where it does not run at all. */
export async function openPeerSide(python: string): Promise<PeerSide> {
  let current: { readonly peer: Peer; key: string } | null = { peer: startPeer(python), key: '' };
  await current.peer.ready();
  return {
    async loaded(key, load) {
      current ??= { peer: startPeer(python), key: '' };
      if (current.key !== key) await load(current.peer);
      current.key = key;
      return current.peer;
    },
    close() {
      current?.peer.close();
      current = null;
    },
  };
}
