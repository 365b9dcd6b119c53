// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/async.hpp"
#include "experiment/experiment.hpp"
#include "run/places.hpp"

#include <optional>
#include <string>
#include <vector>

namespace assay::run {

/// A change to a kernel tree that somebody wants an experiment to judge: one of a series, two revisions, or
/// one revision against the experiment's own kernel.
struct TreeWish {
  std::string experiment;  ///< of two variants, for which the kernels stand in
  std::string tree = ".";
  std::string base;  ///< revisions; "" for the tree as it lies there
  std::string head;
  std::string rev;
  std::vector<std::string> series;
  std::string series_version;
  std::string like = "linux-6.12";
  std::optional<std::string> config;  ///< "" for the .config that make would find
};

/// The kernels as variant files, which stay, so that a run can be resumed.
struct TriedKernels {
  std::vector<std::string> kernels;  ///< NAME=FILE, as Settings has them
  experiment::VariantUse first;      ///< the experiment's own kernel, which stays that with TreeWish::rev
};

/// Checks all that was wished for, and writes the variant files into the cache. Errors: usage,
/// infrastructure.
Task<Result<TriedKernels>> write_tried_kernels(Places places, TreeWish wish);

/// The kernels of a tree for x86-64, without an experiment: the tree as it lies there (or --base), and with
/// a head or a series that as well. Their variant files, the head last. Errors: as above.
Task<Result<std::vector<std::string>>> write_tree_kernels(Places places, TreeWish wish);

}  // namespace assay::run
