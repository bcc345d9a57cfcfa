import { useCallback, useEffect, useRef, useState, type PointerEvent } from 'react';
import type { Point } from './layout.ts';

type View = { readonly scale: number; readonly x: number; readonly y: number };

const WHOLE: View = { scale: 1, x: 0, y: 0 };
const SMALLEST = 0.5;
const LARGEST = 6;

/** What part of the graph is seen: the wheel zooms at the pointer, dragging moves. */
export function useView() {
  const [view, setView] = useState(WHOLE);
  const held = useRef<Point | null>(null);
  const element = useRef<SVGSVGElement>(null);

  const zoom = useCallback((factor: number, around: Point) => {
    setView((before) => {
      const scale = Math.min(LARGEST, Math.max(SMALLEST, before.scale * factor));
      const ratio = scale / before.scale;
      return { scale, x: around.x - (around.x - before.x) * ratio, y: around.y - (around.y - before.y) * ratio };
    });
  }, []);

  useEffect(() => {
    const svg = element.current;
    if (svg === null) return;
    // React listens to the wheel passively, which cannot keep the page still.
    const onWheel = (event: WheelEvent) => {
      event.preventDefault();
      zoom(Math.exp(-event.deltaY * 0.0015), { x: event.offsetX, y: event.offsetY });
    };
    svg.addEventListener('wheel', onWheel, { passive: false });
    return () => svg.removeEventListener('wheel', onWheel);
  }, [zoom]);

  const surface = {
    ref: element,
    onPointerDown: (event: PointerEvent<SVGSVGElement>) => {
      held.current = { x: event.clientX, y: event.clientY };
      event.currentTarget.setPointerCapture(event.pointerId);
    },
    onPointerMove: (event: PointerEvent<SVGSVGElement>) => {
      const from = held.current;
      if (from === null) return;
      held.current = { x: event.clientX, y: event.clientY };
      setView((before) => ({ ...before, x: before.x + event.clientX - from.x, y: before.y + event.clientY - from.y }));
    },
    onPointerUp: () => {
      held.current = null;
    },
  };
  return { view, zoom, fit: () => setView(WHOLE), surface };
}
