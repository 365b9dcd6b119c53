// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "mutate/c_changes.hpp"

namespace assay::mutate {

/// What is in the conditions of an if, a loop or ?: (of the node itself, not of those in it).
void change_conditions(CChanges& changes, const CNode& node);
/// What the value of an expression depends on: its operator, its arguments, its flags. Of a `truth` counts
/// only whether it is 0, so that | is as good as 1.
void change_expression(CChanges& changes, const CNode& node, bool truth);
void change_return(CChanges& changes, const CNode& node);

/// Where a statement stands.
struct CPlace {
  bool alone = false;  ///< all that an if without else guards
  bool last = false;   ///< of its function or loop: what leads to the end leads there without it, too
  bool last_of_function = false;
};
void drop(CChanges& changes, const CNode& statement, CPlace place);
void swap(CChanges& changes, const CNode& first, const CNode& second);
/// What drop() leaves out as a statement that is no jump.
[[nodiscard]] bool is_droppable(const CChanges& changes, const CNode& statement);

/// Makes `node` mean the contrary.
void negate(CChanges& changes, Operator op, const CNode& node);

}  // namespace assay::mutate
