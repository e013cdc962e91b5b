/** Pictures that go with a question, as data: URLs. */

import { bytes } from "@/lib/format";

export interface Picture {
  id: string;
  name: string;
  /** `data:image/…;base64,…`, or an address in a replayed request. */
  url: string;
  /** 0 = not known. */
  size: number;
}

export const KINDS = ["image/png", "image/jpeg", "image/webp", "image/gif"] as const;
/** What most providers take at once; larger ones are refused there, after the upload. */
export const MOST_BYTES = 5_000_000;
export const MOST_ALL_BYTES = 20_000_000;

/** Why it cannot go along; null = it can. */
export function refusalOf(
  file: { name: string; type: string; size: number },
  there: readonly Picture[],
): string | null {
  const name = file.name || "The picture";
  if (!(KINDS as readonly string[]).includes(file.type)) {
    return `${name} is ${file.type || "of no known kind"}: models take PNG, JPEG, WebP and GIF`;
  }
  if (file.size > MOST_BYTES) {
    return `${name} has ${bytes(file.size)}: at most ${bytes(MOST_BYTES)} are taken by most models. Make it smaller first.`;
  }
  const all = there.reduce((sum, one) => sum + one.size, file.size);
  if (all > MOST_ALL_BYTES) {
    return `With ${name} it would be ${bytes(all)} of pictures: at most ${bytes(MOST_ALL_BYTES)} go in one request`;
  }
  return null;
}

/** Of a data: URL's base64; 0 of another one. */
export function sizeOf(url: string): number {
  const comma = url.indexOf(";base64,");
  if (!url.startsWith("data:") || comma < 0) return 0;
  const length = url.length - comma - ";base64,".length;
  return Math.floor((length * 3) / 4) - (url.endsWith("==") ? 2 : url.endsWith("=") ? 1 : 0);
}

export function readPicture(file: File, id: string): Promise<Picture> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve({ id, name: file.name || "picture", url: String(reader.result), size: file.size });
    reader.onerror = () => reject(new Error(`${file.name} cannot be read`));
    reader.readAsDataURL(file);
  });
}
