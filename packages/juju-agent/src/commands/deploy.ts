import { archiveArgument, archivePath } from "./archive-argument.ts";
import { collect, readCount, type AddVerbs } from "./command.ts";
import { noteOnReboots } from "./reboot-note.ts";
import { deploy } from "./deployment.ts";

export const addDeploy: AddVerbs = ({ add, run, product }) => {
  add("deploy", "Deploy a packed charm, or add a unit to its application")
    .description(
      "Deploys a packed charm, or adds a unit to its application. Repeated after an interrupted or failed deployment, it " +
        "continues with the same unit.",
    )
    .argument(...archiveArgument(product))
    .option("--app <name>", "name of the application (default: the name of the charm)")
    .option("--config <pair or file>", "KEY=VALUE, KEY=@FILE, or a YAML file; may be repeated", collect, [])
    .option("--unit-number <number>", "number of the unit (default: the next free one)", readCount)
    .action((archive, { app, config, unitNumber }) =>
      run(async (call) => {
        await deploy(call, { archive: archivePath(product, archive), app, config, unitNumber });
        const { printNote } = call;
        const note = noteOnReboots(call);
        if (note !== undefined) printNote(note);
        return 0;
      }),
    );
};
