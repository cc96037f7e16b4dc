-- Has wrk print samples, as lines "SERIES NANOSECONDS": the time of one request
-- and latencies. The variable SERIES holds the name of the series.
function done(summary, latency, requests)
   local errors = summary.errors
   local name = os.getenv("SERIES")
   if errors.connect + errors.read + errors.write + errors.status +
      errors.timeout > 0 or summary.requests == 0 then
      io.write("failed\n")
      return
   end
   io.write(string.format("%s %.0f\n", name,
                          summary.duration * 1000 / summary.requests))
   io.write(string.format("%s-50 %.0f\n", name,
                          latency:percentile(50) * 1000))
   io.write(string.format("%s-99 %.0f\n", name,
                          latency:percentile(99) * 1000))
   io.write(string.format("%s-max %.0f\n", name, latency.max * 1000))
end
