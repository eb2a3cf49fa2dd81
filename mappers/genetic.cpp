// SPDX-License-Identifier: Apache-2.0
//
// Step `ga`: the genetic algorithm of MAGMA (Kao and Krishna, HPCA 2022), which maps jobs to accelerators by
// two genomes: the accelerator of each job and its priority. Adapted: jobs there are independent; here a
// layer runs when its producers have, so the priorities order what is ready. Weights are pinned layer by
// layer in the order in which they run, while there is room; tensors stay as in step 3. The first generation
// holds the accelerators and the order of the given mapping, whose pins are not genes and are chosen anew,
// and random ones that share some of its genes. The given mapping itself stays the result where nothing beats
// it.
//
// Operators, as in MAGMA: crossover of one genome (accelerators or priorities) at one point; crossover of a
// range of both; crossover of everything on one accelerator; mutation of single genes.
//
// The search is analytic under every evaluator; under another the result is left out where that finds it
// worse.

#include <algorithm>
#include <queue>
#include <utility>
#include <vector>

#include <h2h/plugin/plugin.hpp>
#include <h2h/search/annealing.hpp>

#include "search_options.hpp"

namespace h2h {
namespace {

struct Individual {
  std::vector<AcceleratorIndex> accelerator;  ///< by layer
  std::vector<double> priority;               ///< by layer; the lowest runs first of what is ready
  double value = 0;
};

/// Turns genes into plans and judges them.
class Decoder {
 public:
  Decoder(const Problem& problem, const Plan& start, Objective objective, LocalityRules::Scope scope)
      : problem_(problem), schedule_(problem, start, objective, scope) {}

  double judge(const Individual& individual) {
    schedule_.replace(plan(individual));
    return schedule_.value();
  }

  /// The plan that was judged last.
  const Plan& last() const { return schedule_.plan(); }

 private:
  Plan plan(const Individual& individual) const {
    Plan plan{{}, individual.accelerator, std::vector<char>(problem_.layers())};
    const auto later = [&](LayerIndex a, LayerIndex b) {
      return std::pair(individual.priority[a], a) > std::pair(individual.priority[b], b);
    };
    std::priority_queue<LayerIndex, std::vector<LayerIndex>, decltype(later)> ready(later);
    std::vector<std::uint32_t> waiting(problem_.layers());
    for (TensorIndex tensor = 0; tensor < problem_.tensors(); ++tensor) {
      if (!problem_.tensor(tensor).is_network_input()) ++waiting[problem_.tensor(tensor).consumer];
    }
    for (LayerIndex layer = 0; layer < problem_.layers(); ++layer) {
      if (waiting[layer] == 0) ready.push(layer);
    }
    while (!ready.empty()) {
      const LayerIndex layer = ready.top();
      ready.pop();
      plan.sequence.push_back(layer);
      for (const TensorIndex tensor : problem_.outputs(layer)) {
        const LayerIndex consumer = problem_.tensor(tensor).consumer;
        if (--waiting[consumer] == 0) ready.push(consumer);
      }
    }
    plan.pinned.assign(problem_.layers(), 1);
    fit_pins(problem_, plan);
    return plan;
  }

  const Problem& problem_;
  PlanSchedule schedule_;
};

/// Children of two parents.
class Breeder {
 public:
  Breeder(const Problem& problem, std::uint64_t seed)
      : problem_(problem), random_(static_cast<std::uint32_t>(seed)) {}

  Random& random() { return random_; }

  /// Changes each gene with some probability.
  void mutate(Individual& individual, double probability) {
    for (LayerIndex layer = 0; layer < problem_.layers(); ++layer) {
      if (draw_chance(random_, probability)) {
        individual.accelerator[layer] = draw_one(random_, problem_.candidates(layer));
      }
      if (draw_chance(random_, probability)) individual.priority[layer] = draw_unit(random_);
    }
  }

  Individual cross(const Individual& mother, const Individual& father) {
    Individual child = mother;
    // Shares as in MAGMA: crossover of a genome is the most frequent, the others refine.
    const double drawn = draw_unit(random_);
    const LayerIndex layers = problem_.layers();
    if (drawn < 0.8) {
      const LayerIndex from = draw_below(random_, layers);
      if (draw_chance(random_, 0.5)) {
        copy(father.accelerator, child.accelerator, from, layers);
      } else {
        copy(father.priority, child.priority, from, layers);
      }
    } else if (drawn < 0.9) {
      const LayerIndex one = draw_below(random_, layers);
      const LayerIndex other = draw_below(random_, layers);
      const LayerIndex first = std::min(one, other);
      const LayerIndex last = std::max(one, other);
      copy(father.accelerator, child.accelerator, first, last + 1);
      copy(father.priority, child.priority, first, last + 1);
    } else {
      const AcceleratorIndex a = father.accelerator[draw_below(random_, layers)];
      for (LayerIndex layer = 0; layer < layers; ++layer) {
        if (father.accelerator[layer] != a) continue;
        child.accelerator[layer] = a;
        child.priority[layer] = father.priority[layer];
      }
    }
    return child;
  }

 private:
  template <typename Gene>
  static void copy(const std::vector<Gene>& from, std::vector<Gene>& to, LayerIndex first, LayerIndex end) {
    std::copy(from.begin() + first, from.begin() + end, to.begin() + first);
  }

  const Problem& problem_;
  Random random_;
};

class Genetic : public MappingStep {
 public:
  explicit Genetic(const Section& options)
      : limit_(limit_option(options, 1)),
        population_(static_cast<std::size_t>(options.integer("population", 100, {4, 100000}))),
        objective_(objective_option(options)),
        scope_(scope_option(options)),
        seed_(seed_option(options)) {}

  bool is_timed() const override { return limit_.is_timed(); }

  StepResult run(const Problem& problem, const Mapping& mapping, StepContext& context) const override {
    require_complete(mapping, "ga");
    constexpr double kMutation = 0.05;
    constexpr double kElite = 0.1;
    Progress progress(limit_);
    const Plan start = plan_of(problem, mapping);
    Decoder decoder(problem, start, objective_, scope_);
    const double before = PlanSchedule(problem, start, objective_, scope_).value();
    AnnealingResult best{start, before};
    Breeder breeder(problem, seed_.value_or(context.seed));
    const auto judge = [&](Individual& individual) {
      progress.advance();
      individual.value = decoder.judge(individual);
      if (individual.value < best.value) best = {decoder.last(), individual.value};
    };

    Individual first{start.accelerator, std::vector<double>(problem.layers())};
    for (std::size_t i = 0; i < start.sequence.size(); ++i) {
      first.priority[start.sequence[i]] = static_cast<double>(i) / static_cast<double>(start.sequence.size());
    }
    judge(first);
    std::vector<Individual> people = {first};
    while (people.size() < population_ && !progress.done()) {
      people.push_back(first);
      breeder.mutate(people.back(), draw_unit(breeder.random()));
      judge(people.back());
    }
    const auto by_value = [](const Individual& a, const Individual& b) { return a.value < b.value; };
    const auto elite =
        std::max<std::size_t>(2, static_cast<std::size_t>(kElite * static_cast<double>(people.size())));
    while (!progress.done()) {
      std::stable_sort(people.begin(), people.end(), by_value);
      std::vector<Individual> children(
          people.begin(), people.begin() + static_cast<std::ptrdiff_t>(std::min(elite, people.size())));
      // Parents are the better half.
      const auto parents = static_cast<std::uint32_t>(std::max<std::size_t>(1, people.size() / 2));
      while (children.size() < people.size() && !progress.done()) {
        Individual child = breeder.cross(people[draw_below(breeder.random(), parents)],
                                         people[draw_below(breeder.random(), parents)]);
        breeder.mutate(child, kMutation);
        judge(child);
        children.push_back(std::move(child));
      }
      people = std::move(children);
    }
    StepResult result;
    result.evaluations = progress.evaluations();
    result.mapping = best.value < before ? mapping_of(problem, best.plan, scope_) : mapping;
    return objective_ == kLatency ? unless_worse(problem, mapping, std::move(result), context)
                                  : std::move(result);
  }

 private:
  SearchLimit limit_;
  std::size_t population_;
  Objective objective_;
  LocalityRules::Scope scope_;
  std::optional<std::uint64_t> seed_;
};

}  // namespace
}  // namespace h2h

H2H_PLUGIN(genetic) {
  registry.add_step(
      {"ga",
       "genetic algorithm over accelerators and priorities (MAGMA)",
       "Kao and Krishna, HPCA 2022",
       {h2h::describe_evals(),
        h2h::describe_time("1s"),
        {"population", "100", "individuals of a generation"},
        h2h::describe_objective(),
        h2h::describe_scope(),
        h2h::describe_seed()},
       [](const h2h::Section& options) { return std::make_shared<const h2h::Genetic>(options); }});
}
