// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <vector>

#include <h2h/accelerator/catalogue.hpp>
#include <h2h/mapper/step.hpp>

namespace h2h {

/// Everything that a plug-in can add, built-in or shared object: model families, mapping steps, and mappers,
/// which are named chains of steps. A value: who needs one makes one, by `builtin_registry()`.
class Registry {
 public:
  /// @throws Error (usage) when the name is taken
  void add_model(ModelFamily family);
  void add_step(StepFamily family);
  void add_mapper(MapperFamily family);

  const ModelFamilies& models() const { return models_; }
  const StepFamilies& steps() const { return steps_; }
  const MapperFamilies& mappers() const { return mappers_; }

 private:
  ModelFamilies models_;
  StepFamilies steps_;
  MapperFamilies mappers_;
};

/// A registry that holds what is built into the library.
Registry builtin_registry();

}  // namespace h2h
