/// The service's version, as its OpenAPI document has it.
package let serviceVersion = "1.0.0"
