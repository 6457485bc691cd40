/**
 * Throws the one kind of error this project throws: who speaks, what was seen, what was wanted, what to do.
 *
 * @param origin The package that speaks, without its scope.
 * @param seen The value that was seen.
 * @param wanted The value that was wanted.
 * @param fix What the reader can do about it.
 * @throws Error always, with the message `origin: seen. wanted. fix.`
 */
export function fail(origin: string, seen: string, wanted: string, fix: string): never {
  const sentences = [seen, wanted, fix].map((text) => text.trim().replace(/\.$/, '')).filter((text) => text !== '');
  throw new Error(`${origin}: ${sentences.join('. ')}.`);
}
