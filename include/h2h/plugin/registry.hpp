// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <vector>

#include <h2h/accelerator/catalogue.hpp>
#include <h2h/mapper/step.hpp>

namespace h2h {

/// Everything that a plug-in can add, built-in or shared object: model families, mapping steps, and mappers,
/// which are named chains of steps. A value: who needs one makes one, by `builtin_registry()`, and may add
/// more by `load_plugin()`.
class Registry {
 public:
  /// @throws Error (usage) when the name is taken or cannot be written where it is used, or the factory is
  /// empty
  void add_model(ModelFamily family);
  void add_step(StepFamily family);
  void add_mapper(MapperFamily family);

  /// Adds everything that @p entries holds, as from the plug-in @p file; or, if it throws, nothing.
  /// @throws Error (usage) when a name is taken
  void adopt(const Registry& entries, const std::string& file);

  const ModelFamilies& models() const { return models_; }
  const StepFamilies& steps() const { return steps_; }
  const MapperFamilies& mappers() const { return mappers_; }
  /// Files of the plug-ins that were adopted, in this order.
  const std::vector<std::string>& plugins() const { return plugins_; }

 private:
  ModelFamilies models_;
  StepFamilies steps_;
  MapperFamilies mappers_;
  std::vector<std::string> plugins_;
};

/// A registry that holds what is built into the library.
Registry builtin_registry();

}  // namespace h2h
