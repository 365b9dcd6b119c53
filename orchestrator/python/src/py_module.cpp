// SPDX-License-Identifier: GPL-2.0-or-later
#include "py_native.hpp"

#include <string_view>

namespace assay::python {
namespace {

/// Kept for as long as the interpreter lives.
struct Exceptions {
  PyObject* base = nullptr;
  PyObject* usage = nullptr;
  PyObject* build = nullptr;
  PyObject* boot = nullptr;
  PyObject* infrastructure = nullptr;
  PyObject* interrupted = nullptr;
};

Exceptions& exceptions() {
  static Exceptions all;
  return all;
}

PyObject* exception_for(Failure kind) {
  switch (kind) {
    case Failure::usage:
      return exceptions().usage;
    case Failure::build:
      return exceptions().build;
    case Failure::boot:
      return exceptions().boot;
    case Failure::interrupted:
      return exceptions().interrupted;
    case Failure::infrastructure:
      break;
  }
  return exceptions().infrastructure;
}

PyObject* new_exception(py::module_& module, const char* name, const char* text, PyObject* base) {
  const auto full = std::string("assay.") + name;
  auto* made = PyErr_NewExceptionWithDoc(full.c_str(), text, base, nullptr);
  if (made == nullptr) {
    throw py::error_already_set();
  }
  module.attr(name) = py::reinterpret_borrow<py::object>(made);
  return made;
}

void translate(std::exception_ptr thrown) {
  try {
    if (thrown) {
      std::rethrow_exception(std::move(thrown));
    }
  } catch (const Raised& raised) {
    const std::string_view text(raised.what());
    const auto object = py::reinterpret_steal<py::object>(
        PyUnicode_DecodeUTF8(text.data(), static_cast<py::ssize_t>(text.size()), "replace"));
    PyErr_SetObject(exception_for(raised.kind()), object.ptr());
  }
}

}  // namespace

void add_errors(py::module_& module) {
  auto& all = exceptions();
  all.base =
      new_exception(module, "Error", "What Assay cannot do, in the words of its command line.", nullptr);
  all.usage = new_exception(module, "UsageError", "A mistake in what was asked for: a name, a file, a value.",
                            py::make_tuple(py::handle(all.base), py::handle(PyExc_ValueError)).ptr());
  all.build = new_exception(module, "BuildError", "A kernel that does not build.", all.base);
  all.boot = new_exception(module, "BootError", "A kernel that does not boot.", all.base);
  all.infrastructure = new_exception(module, "InfrastructureError",
                                     "QEMU, libvirt, the disk: not the guest's fault.", all.base);
  all.interrupted = new_exception(module, "Interrupted", "Somebody called cancel().", all.base);
  py::register_exception_translator(translate);
}

}  // namespace assay::python

PYBIND11_MODULE(_native, module) {
  module.doc() = "What the package assay is made on; use the package.";
  assay::python::add_errors(module);
  assay::python::add_store(module);
  assay::python::add_control(module);
}
