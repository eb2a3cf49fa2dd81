// SPDX-License-Identifier: Apache-2.0
#include <h2h/mapper/step.hpp>

#include <array>
#include <utility>

#include <fmt/format.h>

namespace h2h {

void require_complete(const Mapping& mapping, std::string_view step) {
  if (mapping.is_complete()) return;
  throw Error(
      ErrorKind::usage, fmt::format("step '{}' improves a mapping, and there is none yet", step),
      fmt::format("put a step before it that maps every layer, such as computation-prioritized+{}", step));
}

StepResult unless_worse(const Problem& problem, const Mapping& before, StepResult after,
                        StepContext& context) {
  if (!before.is_complete()) return after;
  const std::array<Mapping, 2> both = {before, after.mapping};
  const std::vector<double> latency_s = context.evaluator.latencies_s(problem, both);
  if (!improves(latency_s[0], latency_s[1])) return after;
  after.mapping = before;
  after.note = fmt::format("left out: by {} it would take {:.6g} s instead of {:.6g} s",
                           context.evaluator.name(), latency_s[1], latency_s[0]);
  return after;
}

}  // namespace h2h
