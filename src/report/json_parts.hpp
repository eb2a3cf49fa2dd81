// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <vector>

#include <nlohmann/json.hpp>

#include <h2h/run/inputs.hpp>
#include <h2h/run/run.hpp>

namespace h2h {

// What the JSON of several reports has in common.

nlohmann::ordered_json or_null(const std::optional<double>& value);
nlohmann::ordered_json inputs_json(std::span<const InputFile> files);
nlohmann::ordered_json platform_json(const System& system);
nlohmann::ordered_json workload_json(const Workload& workload);
nlohmann::ordered_json energy_json(const Energy& energy);
/// Accelerator by accelerator, in execution order.
nlohmann::ordered_json layers_json(const Problem& problem, const Judgement& judgement);
nlohmann::ordered_json accelerators_json(const System& system, std::span<const AcceleratorUse> use);
nlohmann::ordered_json links_json(const System& system, std::span<const LinkUse> use);

/// Writes a document. Paths and the command line in it may be in any encoding.
void write_document(std::ostream& out, const nlohmann::ordered_json& json);

}  // namespace h2h
