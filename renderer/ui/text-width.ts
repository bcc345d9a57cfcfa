/** Width of a text in pixels. */
export type Measure = (text: string, bold: boolean) => number;

let context: CanvasRenderingContext2D | null | undefined;
let family: string | undefined;
const known = new Map<string, number>();

/** Measures in the window's own font at this size; what the system's font is, nobody knows beforehand. */
export function measureAt(size: number): Measure {
  context ??= document.createElement('canvas').getContext('2d');
  // Asked for once: it is the same list as long as the window is there, and asking has the page's styles worked out at once.
  family ??= getComputedStyle(document.body).fontFamily;
  return (text, bold) => {
    const font = `${bold ? 600 : 400} ${size}px ${family}`;
    const key = `${font} ${text}`;
    const before = known.get(key);
    if (before !== undefined) return before;
    if (context === null || context === undefined) return text.length * size * 0.6;
    context.font = font;
    const { width } = context.measureText(text);
    known.set(key, width);
    return width;
  };
}
