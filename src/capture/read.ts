/**
 * Reading captures: sources in, flows out. `sources` are merged by time if there are several. The sink is called
 * synchronously, packet by packet.
 */
import type { FlowSink } from '../base/flow.ts';
import type { CaptureOptions } from './options.ts';
import type { CaptureSource } from './source.ts';
import type { CaptureSummary } from './summary.ts';

/**
 * Reads all sources to their ends, or as far as they can be read.
 * Throws InputError if a source is no capture at all or cannot be read; damage further on is in the summary.
 */
export type ReadCapture = (
  sources: readonly CaptureSource[],
  sink: FlowSink,
  options?: CaptureOptions,
) => Promise<CaptureSummary>;
