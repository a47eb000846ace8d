"""The sums behind the KPIs of the benchmark's project, by hand: one DuckDB query per table, for the whole and for three
segments, by month. No interval, no change, no status, no model of lifetimes: what the engine adds is not asked for here.

usage: python sums.py DIR [OUT.json] [--threads N]    (duckdb)
"""
import json
import sys
import duckdb

DIR = sys.argv[1]
OUT = next((a for a in sys.argv[2:] if a.endswith(".json")), None)
THREADS = int(sys.argv[sys.argv.index("--threads") + 1]) if "--threads" in sys.argv else 2
DB = duckdb.connect()
DB.execute(f"SET threads = {THREADS}; SET TimeZone = 'UTC'; SET preserve_insertion_order = false")
PARTS = "GROUP BY GROUPING SETS ((m), (m, region), (m, plan), (m, channel))"
KEYS = "m, region, plan, channel"

DB.execute(f"""CREATE VIEW customers AS SELECT * FROM '{DIR}/data/customers.parquet';
CREATE VIEW events AS SELECT * FROM '{DIR}/data/events/*.parquet' WHERE kind <> 'email_sent';
CREATE VIEW orders AS SELECT * FROM '{DIR}/data/orders/*.parquet';
CREATE VIEW surveys AS SELECT * FROM '{DIR}/data/surveys.parquet';
CREATE TABLE months AS SELECT d::DATE AS m, (d + INTERVAL 1 MONTH)::DATE AS n
    FROM generate_series(DATE '2024-06-01', DATE '2025-05-01', INTERVAL 1 MONTH) t(d)""")

# Active days come from two tables; sessions end after 30 minutes of silence and belong to the month they begin in.
EVENTS = f"""
WITH e AS (SELECT customer, "at", kind, seconds, "at"::DATE AS d FROM events),
gaps AS (SELECT customer, "at", kind,
         CASE WHEN "at" - lag("at") OVER w <= INTERVAL 30 MINUTE THEN 0 ELSE 1 END AS fresh FROM e
         WINDOW w AS (PARTITION BY customer ORDER BY "at")),
numbered AS (SELECT customer, "at", kind, sum(fresh) OVER (PARTITION BY customer ORDER BY "at" ROWS UNBOUNDED PRECEDING) AS s
             FROM gaps),
sessions AS (SELECT customer, date_trunc('month', min("at"))::DATE AS m, epoch(max("at") - min("at")) AS took,
             bool_or(kind = 'cart') AS cart, bool_or(kind = 'purchase') AS bought FROM numbered GROUP BY customer, s),
by_customer AS (SELECT customer, date_trunc('month', d)::DATE AS m, count(*) AS events, count(DISTINCT kind) AS kinds,
                sum(seconds) AS seconds FROM e GROUP BY ALL),
days AS (SELECT DISTINCT customer, d FROM (SELECT customer, d FROM e UNION ALL SELECT customer, "at"::DATE FROM orders)),
there AS (SELECT customer, months.m, count(*) FILTER (d >= m AND d < n) AS active_days,
          count(*) FILTER (d >= n - 7 AND d < n) > 0 AS in_week,
          bool_or(d >= m - 90 AND d < m) AS at_start, bool_or(d >= n - 90 AND d < n) AS at_end, min(d) AS first, max(d) AS last
          FROM days JOIN months ON d < n GROUP BY ALL),
courses AS (SELECT {KEYS}, count(*) FILTER (at_start) AS s, count(*) FILTER (at_end) AS e,
            count(*) FILTER (at_start AND at_end) AS stayed, count(*) FILTER (at_start AND NOT at_end) AS lost,
            count(*) FILTER (at_end AND NOT at_start) AS won, sum(active_days) AS active_days,
            sum(active_days * active_days) AS active_days2, count(*) FILTER (active_days > 0) AS mau,
            count(*) FILTER (in_week) AS wau, sum(last - greatest(first, joined::DATE)) AS life
            FROM there JOIN customers USING (customer) {PARTS}),
did AS (SELECT {KEYS}, count(*) AS customers, sum(events) AS events, sum(kinds) AS kinds, sum(kinds * kinds) AS kinds2,
        sum(seconds) AS seconds, sum(seconds * seconds) AS seconds2 FROM by_customer JOIN customers USING (customer) {PARTS}),
sat AS (SELECT {KEYS}, count(*) AS sessions, count(*) FILTER (took > 0) AS timed, sum(took) AS took,
        sum(took * took) AS took2, median(took) FILTER (took > 0) AS middle, count(*) FILTER (cart) AS carts,
        count(*) FILTER (cart AND NOT bought) AS abandoned FROM sessions JOIN customers USING (customer) {PARTS})
SELECT 'courses' AS of, to_json(courses) AS row FROM courses UNION ALL SELECT 'did', to_json(did) FROM did
UNION ALL SELECT 'sat', to_json(sat) FROM sat"""

ORDERS = f"""
WITH o AS (SELECT customer, "at"::DATE AS d, amount, margin, "order" FROM orders),
by_customer AS (SELECT customer, m,
    count(DISTINCT "order") FILTER (d >= m AND amount >= 0) AS orders, sum(amount) FILTER (d >= m) AS revenue,
    sum(margin) FILTER (d >= m) AS margin, count(*) FILTER (d >= m) AS lines,
    count(DISTINCT "order") FILTER (d >= n - 365 AND amount >= 0) AS orders_year, sum(amount) FILTER (d >= n - 365) AS year_end,
    sum(amount) FILTER (d >= m - 365 AND d < m) AS year_start, bool_or(d >= n - 90) AS at_end,
    bool_or(d >= m - 90 AND d < m) AS at_start, count(DISTINCT "order") FILTER (amount >= 0) AS orders_ever, sum(amount) AS ever
    FROM o JOIN months ON d < n GROUP BY ALL)
SELECT {KEYS}, count(*) AS customers, sum(orders) AS orders, sum(orders * orders) AS orders2, sum(revenue) AS revenue,
    sum(revenue * revenue) AS revenue2, sum(revenue * orders) AS cross_, sum(margin) AS margin, sum(margin * margin) AS margin2,
    count(*) FILTER (orders > 0) AS buyers, count(*) FILTER (orders_ever >= 2) AS repeaters, sum(orders_year) AS orders_year,
    sum(year_end) AS year, sum(ever) AS ever, sum(ever * ever) AS ever2,
    sum(CASE WHEN at_end THEN year_end ELSE 0 END) - sum(CASE WHEN at_start THEN year_start ELSE 0 END) AS value_moved
    FROM by_customer JOIN customers USING (customer) {PARTS}"""

SURVEYS = f"""
WITH latest AS (SELECT customer, question, date_trunc('month', "at")::DATE AS m, count(*) AS answers,
                max_by(score, ("at", score)) AS score, max_by(high, ("at", score)) AS high
                FROM surveys WHERE "at" >= '2024-06-01' GROUP BY ALL)
SELECT {KEYS}, sum(answers) AS answers, count(*) FILTER (question = 'nps') AS nps,
    count(*) FILTER (question = 'nps' AND score >= 9) AS promoters,
    count(*) FILTER (question = 'nps' AND score <= 6) AS detractors, count(*) FILTER (question = 'csat') AS csat,
    count(*) FILTER (question = 'csat' AND score >= high - 1) AS satisfied, count(*) FILTER (question = 'ces') AS ces,
    sum(score) FILTER (question = 'ces') AS effort, sum(score * score) FILTER (question = 'ces') AS effort2,
    count(*) FILTER (question = 'ces' AND score >= 5) AS easy
    FROM latest JOIN customers USING (customer) {PARTS}"""

FOUND = {name: DB.execute(query).fetchall() for name, query in (("events", EVENTS), ("orders", ORDERS), ("surveys", SURVEYS))}
if OUT:
    with open(OUT, "w") as file:
        json.dump(FOUND, file, default=str)
print({name: len(rows) for name, rows in FOUND.items()})
