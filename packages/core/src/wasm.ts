/**
 * WebAssembly modules that packages carry as text: loops that JavaScript runs several times slower.
 *
 * @module
 */

/** A module's linear memory. */
export interface WasmMemory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}

/** Node's types have no WebAssembly; this is the part used here. */
declare const WebAssembly: {
  readonly Module: new (binary: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
};

const PAGE = 65_536;

const modules = new Map<string, object>();

/** What a new instance of a module exports. The module, in base64, is compiled once. Throws where it is not valid. */
export const instantiate = <Exports>(base64: string): Exports => {
  const module =
    modules.get(base64) ??
    new WebAssembly.Module(Uint8Array.from(atob(base64), (character) => character.charCodeAt(0)));
  modules.set(base64, module);
  return new WebAssembly.Instance(module).exports as Exports;
};

/** Grows a memory to so many bytes at least; views of it are gone then. Throws a RangeError beyond 4 GiB, or where there is no room. */
export const growTo = (memory: WasmMemory, bytes: number): void => {
  const missing = Math.ceil((bytes - memory.buffer.byteLength) / PAGE);
  if (missing > 0) memory.grow(missing);
};
