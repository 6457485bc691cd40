import { MessageChannel } from 'node:worker_threads';
import type { Tensor } from 'onnxruntime-node';

type Transferable = ArrayBuffer & { transfer?(length: number): ArrayBuffer };

const { port1: nowhere, port2: closed } = new MessageChannel();
closed.close();
nowhere.unref();

/** Frees the memory of values that nobody will read again; waiting for the garbage collector keeps that of several steps. */
export const discard = (values: Iterable<Tensor>): void => {
  const buffers = [...values].map(({ data }) => (data as Float32Array).buffer as Transferable);
  // Before Node 22: what is sent to a port whose other end is closed is dropped.
  if (!('transfer' in ArrayBuffer.prototype)) nowhere.postMessage(null, buffers);
  else for (const buffer of buffers) buffer.transfer?.(0);
};
