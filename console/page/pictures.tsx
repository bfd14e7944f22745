/** Small pictures. Each has its words in a label; colours are classes of the style sheet. */

interface BarRow {
  readonly name: string;
  readonly values: readonly number[];
}

/** Stacked bars, one for each row; a class is a colour. The words beside a bar say the same in numbers. */
export function Bars({
  rows,
  classes,
}: {
  readonly rows: readonly BarRow[];
  readonly classes: readonly string[];
}) {
  const most = Math.max(1, ...rows.map(({ values }) => total(values)));
  return (
    <>
      <ul class="bars">
        {rows.map(({ name, values }) => (
          <li key={name}>
            <span class="name">{name}</span>
            <Stack values={values} most={most} />
            <strong class="number">{total(values)}</strong>
            <span class="dim parts">
              {values
                .flatMap((value, index) => (value === 0 ? [] : [`${value} (${classes[index]})`]))
                .join(", ")}
            </span>
          </li>
        ))}
      </ul>
      <ul class="keys" aria-label="Colours">
        {classes.map((name, index) => (
          <li key={name}>
            <span class={`key age-${index}`} aria-hidden="true" />
            {name}
          </li>
        ))}
      </ul>
    </>
  );
}

const total = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);

function Stack({ values, most }: { readonly values: readonly number[]; readonly most: number }) {
  let x = 0;
  return (
    <svg class="stack" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
      {values.map((value, index) => {
        const width = (100 * value) / most;
        const from = x;
        x += width;
        return width === 0 ? null : (
          <rect key={`age-${index}`} class={`age-${index}`} x={from} y="0" width={width} height="6" />
        );
      })}
    </svg>
  );
}

interface Point {
  readonly x: number;
  readonly y: number;
}

/** A line over time, with its highest value at the top. */
export function Line({ points, label }: { readonly points: readonly Point[]; readonly label: string }) {
  const [width, height] = [300, 72];
  const first = points[0]?.x ?? 0;
  const last = Math.max(points.at(-1)?.x ?? 1, first + 60_000);
  const top = Math.max(1, ...points.map(({ y }) => y));
  const at = ({ x, y }: Point) =>
    `${(((x - first) / (last - first)) * width).toFixed(1)},${(height - 3 - (y / top) * (height - 10)).toFixed(1)}`;
  return (
    <svg
      class="line"
      viewBox={`0 0 ${width} ${height}`}
      role="img"
      aria-label={label}
      preserveAspectRatio="none"
    >
      <path class="base" d={`M0 ${height - 3}H${width}`} />
      {points.length > 1 && <polyline points={points.map(at).join(" ")} />}
    </svg>
  );
}

interface Minute {
  readonly answered: number;
  readonly refused: number;
  readonly failed: number;
}

/** An hour as 60 columns: answered below, refused above it, failed on top. */
export function Strip({ minutes, label }: { readonly minutes: readonly Minute[]; readonly label: string }) {
  const most = Math.max(1, ...minutes.map(({ answered, refused, failed }) => answered + refused + failed));
  return (
    <svg class="strip" viewBox="0 0 240 24" role="img" aria-label={label} preserveAspectRatio="none">
      <path class="base" d="M0 23.5H240" />
      {minutes.flatMap((minute, index) => {
        let bottom = 23;
        return (["answered", "refused", "failed"] as const).map((kind) => {
          const height = (22 * minute[kind]) / most;
          bottom -= height;
          return height === 0 ? null : (
            <rect key={`${index} ${kind}`} class={kind} x={index * 4} y={bottom} width="3" height={height} />
          );
        });
      })}
    </svg>
  );
}
