// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.hpp"

#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

/// What the files of the module `assay._native` share: one py_<area>.cpp each.
namespace assay::python {

namespace py = pybind11;

/// An Error on its way into Python, where it becomes the exception of its kind with the same text. May be
/// thrown without the GIL.
class Raised : public std::runtime_error {
 public:
  explicit Raised(const Error& error) : std::runtime_error(error.text()), kind_(error.kind()) {}
  [[nodiscard]] Failure kind() const { return kind_; }

 private:
  Failure kind_;
};

/// The value of a Result, or its Error as an exception.
template <class T>
T value_or_raise(Result<T>&& result) {
  if (!result) {
    throw Raised(result.error());
  }
  if constexpr (!std::is_void_v<T>) {
    return std::move(*result);
  }
}

/// An array that owns the vector by a capsule: nothing is copied. Wants the GIL.
template <class T>
py::array_t<T> array_owning(std::vector<T>&& column) {
  auto kept = std::make_unique<std::vector<T>>(std::move(column));
  const auto& values = *kept;
  const py::capsule owner(kept.get(), [](void* vector) { delete static_cast<std::vector<T>*>(vector); });
  kept.release();  // NOLINT(bugprone-unused-return-value): the capsule has it now
  return py::array_t<T>(static_cast<py::ssize_t>(values.size()), values.data(), owner);
}

void add_errors(py::module_& module);
void add_store(py::module_& module);
void add_control(py::module_& module);

}  // namespace assay::python
