import { expect } from "chai";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { createReadStream, readFileSync } from "node:fs";
import { Readable } from "node:stream";
import { LxdError, OperationError, type Outcome, type StoredImage } from "../src/index.ts";
import { rejection } from "../../../tests/support/rejection.ts";
import { describeDaemon, packImage, patience, PREFIX } from "./support.ts";

function stored(outcome: Outcome<StoredImage>): StoredImage {
  if (outcome.state !== "done") throw new Error("It went unseen");
  return outcome.value;
}

describeDaemon("LXD images", (daemon) => {
  const images = () => daemon().client.images;
  const aliases = () => daemon().client.imageAliases;
  /** Imports an image that differs from all others by a property. */
  const importOne = async (label: string) => {
    const packed = packImage(label);
    const content = createReadStream(packed.path);
    const options = { properties: { "user label": "a & b" } };
    const image = stored(await images().import({ format: "unified", content }, options, patience()));
    return { ...image, packed };
  };

  it("imports by streaming, with properties, and lists and reads the image", async () => {
    const { fingerprint, existed, packed } = await importOne("one");
    const sha256 = createHash("sha256").update(readFileSync(packed.path)).digest("hex");
    packed.remove();
    expect({ fingerprint, existed }).to.deep.equal({ fingerprint: sha256, existed: false });
    const image = await images().get(fingerprint.slice(0, 12), patience());
    expect(image).to.include({ fingerprint, public: false, type: "container", architecture: "x86_64" });
    expect(image.properties).to.include({ "user label": "a & b" });
    expect((await images().list(patience())).map((one) => one.fingerprint)).to.include(fingerprint);
  });

  it("adopts an image that is there already", async () => {
    const { fingerprint, packed } = await importOne("same");
    const again = await images().import(
      { format: "unified", content: readFileSync(packed.path) },
      {},
      patience(),
    );
    packed.remove();
    expect(stored(again)).to.deep.equal({ fingerprint, existed: true });
  });

  it("imports a split image, whose fingerprint is that of both parts", async () => {
    const packed = packImage("split");
    const part = (name: string) =>
      execFileSync(
        "sh",
        [
          "-c",
          `tar -xzf ${packed.path} -O metadata.yaml >/dev/null && cd $(mktemp -d) && tar -xzf ${packed.path} && if [ ${name} = metadata ]; then tar -cf - metadata.yaml; else tar -C rootfs -cf - .; fi`,
        ],
        { maxBuffer: 64 * 1024 * 1024 },
      );
    const [metadata, rootfs] = [part("metadata"), part("rootfs")];
    packed.remove();
    const upload = {
      format: "split",
      type: "container",
      metadata: Readable.from([metadata]),
      rootfs,
    } as const;
    const { fingerprint } = stored(await images().import(upload, {}, patience()));
    expect(fingerprint).to.equal(createHash("sha256").update(metadata).update(rootfs).digest("hex"));
    const { contentType, content } = await images().export(fingerprint, patience());
    content.destroy();
    expect(contentType).to.match(/^multipart\/form-data/);
  });

  it("refuses what is no image", async () => {
    const garbage = { format: "unified", content: "no tarball at all" } as const;
    expect(await rejection(images().import(garbage, {}, patience()))).to.be.instanceOf(OperationError);
  });

  it("leaves nothing of an upload that is aborted", async () => {
    const before = (await images().list(patience())).length;
    const controller = new AbortController();
    const content = (async function* () {
      yield Buffer.alloc(1024 * 1024);
      controller.abort(new Error("enough"));
      await new Promise((resolve) => setImmediate(resolve));
      yield Buffer.alloc(1024 * 1024);
    })();
    const error = await rejection(images().import({ format: "unified", content }, {}, controller.signal));
    expect(error.message).to.equal("enough");
    expect(await images().list(patience())).to.have.length(before);
  });

  it("exports the very bytes that were imported", async () => {
    const { fingerprint, packed } = await importOne("exported");
    packed.remove();
    const { content } = await images().export(fingerprint, patience());
    const hash = createHash("sha256");
    for await (const chunk of content) hash.update(chunk as Buffer);
    expect(hash.digest("hex")).to.equal(fingerprint);
  });

  it("publishes a stopped instance, with what was written into it", async () => {
    const { client, profile } = daemon();
    const source = await daemon().create("published");
    await client.files.put({ instance: source, path: "/etc/mark" }, "published", {}, patience());
    const properties = { label: `${PREFIX}-published` };
    const publication = { instance: source, compression: "none", properties } as const;
    const { fingerprint } = stored(await images().publish(publication, patience()));
    expect((await images().get(fingerprint, patience())).properties).to.include(properties);

    const name = daemon().name("from-published");
    const image = { type: "image", fingerprint } as const;
    await client.instances.create(
      { name, type: "container", source: image, profiles: [profile] },
      patience(),
    );
    expect(
      (await client.files.read({ instance: name, path: "/etc/mark" }, 100, patience())).toString(),
    ).to.equal("published");
  });

  it("swaps an alias in one step, and refuses to with a stale ETag", async () => {
    const first = await importOne("first");
    const second = await importOne("second");
    for (const { packed } of [first, second]) packed.remove();
    const name = daemon().name("alias/with slash");
    const alias = (target: string) => ({ name, target, description: "swapped" });

    await aliases().create(alias(first.fingerprint), patience());
    const twice = await rejection(aliases().create(alias(first.fingerprint), patience()));
    expect(twice).to.be.instanceOf(LxdError).and.include({ alreadyExists: true });

    const { value, etag } = await aliases().get(name, patience());
    expect(value).to.include({ name, target: first.fingerprint });
    await aliases().retarget(alias(second.fingerprint), etag, patience());
    expect((await aliases().get(name, patience())).value).to.include(alias(second.fingerprint));
    expect(await rejection(aliases().retarget(alias(first.fingerprint), etag, patience()))).to.include({
      stale: true,
    });

    await aliases().point(alias(first.fingerprint), patience());
    expect((await aliases().list(patience())).find((one) => one.name === name)).to.include({
      target: first.fingerprint,
    });
    expect(await aliases().delete(name, patience())).to.have.property("value", "deleted");
    expect(await aliases().delete(name, patience())).to.have.property("value", "absent");
    expect(await rejection(aliases().get(name, patience()))).to.include({ notFound: true });
  });

  it("takes a missing image for deleted, and a deleted one takes its aliases along", async () => {
    const { fingerprint, packed } = await importOne("gone");
    packed.remove();
    const name = daemon().name("alias-gone");
    await aliases().point({ name, target: fingerprint, description: "" }, patience());
    expect(await images().delete(fingerprint, patience())).to.have.property("value", "deleted");
    expect(await images().delete(fingerprint, patience())).to.have.property("value", "absent");
    expect(await rejection(aliases().get(name, patience()))).to.include({ notFound: true });
  });
});
