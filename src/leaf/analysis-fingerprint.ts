import { crc32 } from "node:zlib";
import { createAnalyzer, type Word } from "../engine/analyzer.ts";
import type { IndexSettings } from "../protocol/settings.ts";

/** Words that analyzers are apt to disagree on: endings, accents, signs, numbers, scripts without spaces, emoji, marks unseen. */
const words = `The running runners ran; relational conditions, happiness, cats' ponies dying. C++ C# .NET node.js
  e-mail 1,100.50 v2.0 3rd O'Neill naïve café ÆSIR straße Übergrößen œuvre façade mañana corações leggendo läsning
  дома бегущие 北京大学 東京タワー カタカナ 한국어 ไทย हिन्दी עברית العربية 👩‍🚀 🎉 ﬁne Ⅷ x² mailto:a@b.example wind\u200e ﾃﾞｰﾀ CO₂`;
const probe = `${words} ${"e\u0301".repeat(70)} ${"3월 iPhone을".normalize("NFD")}`;

/** Tells analyzers apart that make other words or terms of the same text: what one of them indexed, another would not find. */
export function analysisFingerprint(settings: IndexSettings): number {
  const terms: string[] = [];
  const text = [probe, ...(settings.stopWords ?? [])].join(" ");
  const take = ({ folded, term }: Word, position: number): void => void terms.push(`${folded} ${term}@${position}`);
  createAnalyzer(settings).eachTerm(text, take);
  return crc32(terms.join("\n"));
}
