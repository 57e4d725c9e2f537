import { pull, writePulled } from "../../prisma/pull.ts";
import { readSchema } from "../../prisma/schema-files.ts";
import type { RawOptions } from "../command.ts";
import { exitCodes } from "../exit-codes.ts";
import type { ExitCode } from "../exit-codes.ts";
import type { Io } from "../io.ts";
import { withExistingDatabase } from "./database.ts";
import { projectOf } from "./project-options.ts";

/** `litefleet-migrate prisma pull` */
export async function run(options: RawOptions, io: Io): Promise<ExitCode> {
  const project = await projectOf(options, io);
  const { files: before } = await readSchema(project.schema);
  const pulled = await withExistingDatabase(project, io, ({ client }) =>
    pull(project, client, options["force"] === true),
  );
  const isPrint = options["print"] === true;
  const written = isPrint ? [] : await writePulled(pulled, before);
  if (pulled.warnings !== "") io.err.write(`${pulled.warnings.trim()}\n`);
  if (options["json"] === true) {
    io.out.write(`${JSON.stringify({ command: "prisma pull", written, ...pulled }, undefined, 2)}\n`);
  } else if (isPrint) {
    const isOne = pulled.files.length === 1;
    for (const { path, content } of pulled.files) io.out.write(isOne ? content : `// ${path}\n${content}\n`);
  } else for (const file of written) io.out.write(`written  ${file}\n`);
  if (!isPrint && written.length === 0) io.err.write("The schema was up to date.\n");
  return exitCodes.done;
}
