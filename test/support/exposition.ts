export type Sample = { name: string; labels: Record<string, string>; value: number; exemplar: string | undefined };
export type Family = { kind: string; help: string; samples: Sample[] };

/** Reads Prometheus' text format or OpenMetrics; a histogram's parts are samples of its family. Throws on a line that is neither. */
export function readExposition(text: string): { families: Map<string, Family> } {
  const families = new Map<string, Family>();
  for (const line of text.split("\n")) {
    if (line === "" || line === "# EOF") continue;
    const [mark, word, name = ""] = line.split(" ");
    if (mark === "#" && word === "HELP") {
      const help = line.slice(`# HELP ${name} `.length);
      families.set(name, { kind: "", help, samples: [] });
    } else if (mark === "#" && word === "TYPE") {
      const family = families.get(name);
      if (family === undefined) throw new Error(`a type before its help: ${line}`);
      family.kind = line.split(" ")[3] ?? "";
    } else {
      const sample = readSample(line);
      familyOf(families, sample.name).samples.push(sample);
    }
  }
  return { families };
}

function familyOf(families: Map<string, Family>, name: string): Family {
  const parts = ["", "_bucket", "_sum", "_count", "_total"];
  const found = parts
    .filter((part) => name.endsWith(part))
    .map((part) => families.get(name.slice(0, name.length - part.length)));
  const family = found.find((one) => one !== undefined);
  if (family === undefined) throw new Error(`a sample of no family: ${name}`);
  return family;
}

function readSample(line: string): Sample {
  const [told = "", exemplar] = line.split(" # ");
  const space = told.lastIndexOf(" ");
  const brace = told.indexOf("{");
  const name = brace === -1 ? told.slice(0, space) : told.slice(0, brace);
  const value = told.slice(space + 1);
  if (!/^[a-z_][a-z0-9_]*$/.test(name) || !isNumber(value)) throw new Error(`no sample: ${line}`);
  const labels: Record<string, string> = {};
  if (brace !== -1) {
    for (const [, label = "", quoted = ""] of told.slice(brace, space).matchAll(/([a-z_]+)="((?:[^"\\]|\\.)*)"/g))
      labels[label] = quoted;
  }
  return { name, labels, value: Number(value), exemplar };
}

function isNumber(text: string): boolean {
  return text.toLowerCase() === "nan" || text === "+Inf" || !Number.isNaN(Number(text));
}
