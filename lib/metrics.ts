/**
 * The counters that more than one part of the core feeds, and the Prometheus text format in which they are shown.
 * Written by hand: prom-client costs 60 ms and 15 MB at start, and needs a registry for what are a few maps.
 */

/** How a tool call ended: with a result, with an error of any kind, or cancelled by the client. */
export type ToolCallOutcome = "success" | "error" | "cancelled";

/** One metric with all its samples, as a scrape shows them. */
export interface MetricFamily {
  name: string;
  type: "counter" | "gauge" | "histogram";
  help: string;
  samples: Sample[];
}

/** One line of a metric. `suffix` is what a histogram adds to the name: `_bucket`, `_sum`, `_count`. */
export interface Sample {
  labels: Readonly<Record<string, string>>;
  value: number;
  suffix?: string;
}

/** What the core counts while it runs. */
export interface Metrics {
  /**
   * Counts one HTTP request.
   * @param source the listener it came in by
   * @param route the pattern of the route, never the path itself: each value lives until the core ends
   * @param status the status code of the answer
   * @param seconds from the request's arrival to the head of its answer
   */
  httpRequest(source: string, route: string, status: number, seconds: number): void;
  /** Counts one tool call. `server` is a name from the configuration, never one that a client made up. */
  toolCall(server: string, outcome: ToolCallOutcome): void;
  /** What has been counted so far. */
  families(): MetricFamily[];
}

/** Upper bounds in seconds: the API answers within a millisecond, an upstream's tool may take minutes. */
const LATENCY_BUCKETS = [0.001, 0.005, 0.025, 0.1, 0.5, 2.5, 10, 60];

/**
 * Makes an empty set of counters; one for each core.
 * @returns the counters
 */
export function createMetrics(): Metrics {
  const requests = createCounter("source", "status");
  const toolCalls = createCounter("server", "outcome");
  const latency = new Map<string, Histogram>();
  return {
    httpRequest(source, route, status, seconds) {
      requests.add(source, STATUS_CLASSES[Math.floor(status / 100)] ?? "other");
      let histogram = latency.get(route);
      if (histogram === undefined) latency.set(route, histogram = new Histogram());
      histogram.observe(seconds);
    },
    toolCall: toolCalls.add,
    families: () => [
      {
        name: "mcpproxy_http_requests_total",
        type: "counter",
        help: "HTTP requests answered, by listener and class of status.",
        samples: requests.samples(),
      },
      {
        name: "mcpproxy_http_request_duration_seconds",
        type: "histogram",
        help: "Time from a request's arrival to the head of its answer.",
        samples: [...latency].flatMap(([route, histogram]) => histogram.samples({ route })),
      },
      {
        name: "mcpproxy_tool_calls_total",
        type: "counter",
        help: "Tool calls, by upstream server and outcome.",
        samples: toolCalls.samples(),
      },
    ],
  };
}

/**
 * Writes metrics in the text format that Prometheus reads.
 * @param families the metrics; one without samples still shows its help and type
 * @returns the text, ending in a newline
 * @see https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
 */
export function writeExposition(families: readonly MetricFamily[]): string {
  let text = "";
  for (const { name, type, help, samples } of families) {
    text += `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`;
    for (const { labels, value, suffix = "" } of samples) {
      const pairs = Object.entries(labels).map(([label, text]) =>
        `${label}="${escapeLabel(text)}"`
      );
      text += `${name}${suffix}${pairs.length > 0 ? `{${pairs.join(",")}}` : ""} ${value}\n`;
    }
  }
  return text;
}

/** Server names are user input: unescaped, one with a newline in it would forge samples of its own. */
function escapeLabel(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}

const STATUS_CLASSES = [undefined, "1xx", "2xx", "3xx", "4xx", "5xx"];

/** A counter with two labels. Nested maps, since a joined key would have to be taken apart again. */
function createCounter(first: string, second: string): {
  add(first: string, second: string): void;
  samples(): Sample[];
} {
  const counts = new Map<string, Map<string, number>>();
  return {
    add(firstValue, secondValue) {
      let inner = counts.get(firstValue);
      if (inner === undefined) counts.set(firstValue, inner = new Map());
      inner.set(secondValue, (inner.get(secondValue) ?? 0) + 1);
    },
    samples: () =>
      [...counts].flatMap(([firstValue, inner]) =>
        [...inner].map(([secondValue, value]) => ({
          labels: { [first]: firstValue, [second]: secondValue },
          value,
        }))
      ),
  };
}

class Histogram {
  /** How many fell into each bucket alone; the format wants them summed up, which only a scrape pays for. */
  readonly #counts: number[] = new Array(LATENCY_BUCKETS.length + 1).fill(0);
  #sum = 0;

  observe(value: number): void {
    let bucket = 0;
    while (bucket < LATENCY_BUCKETS.length && value > LATENCY_BUCKETS[bucket]!) bucket++;
    this.#counts[bucket]! += 1;
    this.#sum += value;
  }

  samples(labels: Readonly<Record<string, string>>): Sample[] {
    let total = 0;
    const buckets = this.#counts.map((count, index) => ({
      labels: { ...labels, le: String(LATENCY_BUCKETS[index] ?? "+Inf") },
      value: total += count,
      suffix: "_bucket",
    }));
    return [
      ...buckets,
      { labels, value: this.#sum, suffix: "_sum" },
      { labels, value: total, suffix: "_count" },
    ];
  }
}
