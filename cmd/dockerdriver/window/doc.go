// Package window shows an operator how the pool is: once as plain text, or live
// in a terminal. What is shown is a State; Text and the sections it is made of
// are pure functions of it, of the time and of the width.
package window
