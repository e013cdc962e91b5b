/** A small line without axes; decoration beside a figure that says the same in words. */

const WIDTH = 100;
const HEIGHT = 32;

interface SparklineProps {
  values: (number | null)[];
  className?: string;
  tone?: "plain" | "bad";
}

export function Sparkline({ values, className = "h-8 w-24", tone = "plain" }: SparklineProps) {
  const most = Math.max(...values.map((value) => value ?? 0), 0);
  const colour = tone === "bad" ? "var(--chart-bad)" : "var(--chart-1)";
  const step = WIDTH / Math.max(values.length - 1, 1);
  // What is not known is passed over: it is not nothing.
  const known = values.flatMap((value, index) => (value === null ? [] : [{ value, x: (index * step).toFixed(1) }]));
  const points = known.map(({ value, x }) => {
    const y = most ? HEIGHT - 1 - (value / most) * (HEIGHT - 4) : HEIGHT - 1;
    return `${x},${y.toFixed(1)}`;
  });
  return (
    <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" className={className} aria-hidden="true">
      {known.length > 1 && (
        <>
          <polygon
            points={`${known[0]?.x},${HEIGHT} ${points.join(" ")} ${known.at(-1)?.x},${HEIGHT}`}
            fill={colour}
            opacity={0.12}
          />
          <polyline
            points={points.join(" ")}
            fill="none"
            stroke={colour}
            strokeWidth={1.5}
            vectorEffect="non-scaling-stroke"
          />
        </>
      )}
    </svg>
  );
}
