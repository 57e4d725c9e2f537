import { describe, expect, it } from "vitest";
import { foreignKeysError, turnsForeignKeysOff } from "../src/foreign-keys-guard.ts";

describe("turnsForeignKeysOff", () => {
  it.each([
    "pragma foreign_keys = off",
    "PRAGMA foreign_keys=0;",
    "PRAGMA foreign_keys(no)",
    "pragma main.foreign_keys = FALSE",
    '  -- first\n /* then */ PRAGMA "main" . "foreign_keys" = \'off\'',
    "pragma foreign_keys = whatever",
  ])("knows %j", (sql) => {
    expect(turnsForeignKeysOff(sql)).toBe(true);
  });

  it.each([
    "pragma foreign_keys",
    "pragma foreign_keys = on",
    "pragma foreign_keys(1)",
    "PRAGMA foreign_keys = 'yes'",
    "pragma foreign_key_list(t)",
    "pragma defer_foreign_keys = on",
    "select 'pragma foreign_keys = off'",
    "-- pragma foreign_keys = off\nselect 1",
  ])("lets %j pass", (sql) => {
    expect(turnsForeignKeysOff(sql)).toBe(false);
  });
});

describe("foreignKeysError", () => {
  it("is there only where the pragma would do nothing", () => {
    expect(foreignKeysError(false, "libsql")).toBeUndefined();
    expect(foreignKeysError(true, "libsql")).toMatchObject({ code: "UNSUPPORTED" });
    expect(foreignKeysError(false, "remote")).toMatchObject({ code: "UNSUPPORTED" });
    expect(foreignKeysError(false, "replica")).toMatchObject({ code: "UNSUPPORTED" });
  });
});
