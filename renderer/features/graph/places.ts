import type { EgoGraph } from '../../../core/contract/case.ts';
import { measureAt } from '../../ui/text-width.ts';
import { LABEL_SIZE } from './label.ts';
import { layOut, type Point, type Size } from './layout.ts';

type Places = ReadonlyMap<string, Point>;

/** By graph, for the size of the canvas that they are for: a graph that is read anew unchanged stays the same object. */
const known = new WeakMap<EgoGraph, { readonly size: Size; readonly places: Places }>();
let drawnAt: Size | null = null;

function placesAt(graph: EgoGraph, size: Size): Places {
  const before = known.get(graph);
  if (before !== undefined && before.size.width === size.width && before.size.height === size.height)
    return before.places;
  const places = layOut(graph, size, measureAt(LABEL_SIZE));
  known.set(graph, { size, places });
  return places;
}

/** Where the nodes of a graph are drawn on a canvas of this size. */
export function placesOf(graph: EgoGraph, size: Size): Places {
  drawnAt = size;
  return placesAt(graph, size);
}

/** Lays out a graph that is likely to be drawn next, where the last one was; nothing before there was one. */
export function layOutAhead(graph: EgoGraph): void {
  if (drawnAt !== null) placesAt(graph, drawnAt);
}
