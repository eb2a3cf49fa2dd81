// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ostream>
#include <span>

#include <h2h/report/report.hpp>

namespace h2h {

/// One row a point of a front of latency and energy, the fastest first; scripts/README.md names the columns.
void write_front_csv(std::ostream& out, const Problem& problem, std::span<const Judgement> front);

/// The front as a plot (SVG), with the results of the report's runs to compare with.
void write_front_svg(std::ostream& out, const Report& report, std::span<const Judgement> front);

}  // namespace h2h
