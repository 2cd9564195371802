import { Type } from "typebox";

/** Ids that Switchyard makes: lower case letters, digits, `_`, `-`. */
export const PeerId = Type.String({ pattern: "^[a-z0-9][a-z0-9_-]{0,63}$" });

/** Names people give: 1 to 80 characters, no control characters, no space at either end. */
export const DisplayName = Type.String({
  minLength: 1,
  maxLength: 80,
  pattern: "^(?! )[^\\u0000-\\u001f\\u007f]*[^\\u0000-\\u001f\\u007f ]$",
});

/**
 * A save's file name without folders: no characters or names that any platform refuses, ends in `.zip`, and is not one of
 * those that stand for unfinished or set aside files (`.tmp.zip`, `.before-patch`).
 */
export const SaveName = Type.String({
  maxLength: 120,
  pattern:
    '^(?!.*\\.(?:[tT][mM][pP]\\.[zZ][iI][pP]$|[bB][eE][fF][oO][rR][eE]-[pP][aA][tT][cC][hH]))(?!(?:[cC][oO][nN]|[pP][rR][nN]|[aA][uU][xX]|[nN][uU][lL]|[cC][oO][mM]\\d|[lL][pP][tT]\\d)\\.)[^<>:"/\\\\|?*\\u0000-\\u001f. ][^<>:"/\\\\|?*\\u0000-\\u001f]*\\.zip$',
});

/** A moment as milliseconds since 1970 UTC. */
export const TimeMs = Type.Integer({ minimum: 0 });
