/** What the command gives back to the shell. */
export const EXIT = {
  ok: 0,
  /** The command ran and what it looked at is bad (`data check`, `doctor`). */
  problems: 1,
  /** It could not do what was asked. */
  error: 2,
  /** Interrupted with Ctrl-C; the state is saved. */
  interrupted: 130,
} as const;

/** An error whose message is all that a user needs: printed without a stack. */
export interface UserError extends Error {
  readonly userError: true;
}

/** Builds a {@link UserError}: `what is wrong. what to do.` */
export const userError = (message: string): UserError =>
  Object.assign(new Error(message), { userError: true as const });

/** Whether a thrown value is a message to the user: one of ours, or an error that names its package first. */
export const isUserError = (error: unknown): error is Error =>
  error instanceof Error && ('userError' in error || /^(@detrain\/)?[a-z0-9-]+: /.test(error.message));
