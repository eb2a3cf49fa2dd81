// SPDX-License-Identifier: Apache-2.0
#include <h2h/search/objective.hpp>

#include <stdexcept>

namespace h2h {

std::string_view to_string(Objective objective) {
  switch (objective) {
    case Objective::latency:
      return "latency";
    case Objective::energy:
      return "energy";
    case Objective::energy_delay_product:
      return "edp";
  }
  throw std::logic_error("no such objective");
}

double value_of(Objective objective, double latency_s, double energy_J) {
  switch (objective) {
    case Objective::latency:
      return latency_s;
    case Objective::energy:
      return energy_J;
    case Objective::energy_delay_product:
      return latency_s * energy_J;
  }
  throw std::logic_error("no such objective");
}

}  // namespace h2h
